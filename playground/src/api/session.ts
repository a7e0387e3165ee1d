const KEY = 'reprise-token'

const listeners = new Set<() => void>()

/** The token is kept for as long as this tab is open, and goes nowhere else. */
export function currentToken(): string | null {
  return sessionStorage.getItem(KEY)
}

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token)
  tell()
}

export function signOut(): void {
  sessionStorage.removeItem(KEY)
  tell()
}

/** Calls back when somebody signs in or out, until the returned function is called. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(): void {
  for (const listener of listeners) listener()
}
