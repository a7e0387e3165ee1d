/** What names an account, here and in REPRISE_API_TOKENS; it becomes the owner of models. */
export const USERNAME_PATTERN = '^[A-Za-z0-9._-]+$'
export const LONGEST_USERNAME = 100

const USERNAME = new RegExp(USERNAME_PATTERN)

export function isUsername(text: string): boolean {
  return USERNAME.test(text) && text.length <= LONGEST_USERNAME
}
