/** Who a request speaks for. */
export interface Account {
  username: string
}

/** Whoever comes without a token, or with one that names nobody. */
export const LOCAL_ACCOUNT: Account = { username: 'local' }
