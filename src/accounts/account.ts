/** Who a request speaks for. */
export interface Account {
  username: string
}

/** Whoever comes without a token, or with one that names nobody. */
export const LOCAL_ACCOUNT: Account = { username: 'local' }

const EXAMPLES = 'example:'

/**
 * Whose the examples of a model are: nobody's who could come with a token, and so they are in nobody's list.
 * @param model `owner/name`
 */
export function exampleAccount(model: string): Account {
  return { username: EXAMPLES + model }
}

export function isExampleAccount({ username }: Account): boolean {
  return username.startsWith(EXAMPLES)
}
