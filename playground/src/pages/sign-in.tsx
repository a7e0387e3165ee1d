import { useState } from 'preact/hooks'
import { currentToken, signIn } from '../api/session.ts'
import { useTitle } from '../parts/title.ts'

/** Asks for a token where the server wants one. */
export function SignInPage() {
  useTitle('Sign in')
  const [token, setToken] = useState('')
  const wrong = currentToken() !== null
  return (
    <main class="sign-in">
      <h1>Reprise</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (token.trim() !== '') signIn(token.trim())
        }}
      >
        <label for="token">API token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          aria-invalid={wrong}
          aria-describedby="token-note"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        {wrong && (
          <p class="error" role="alert">
            The server does not know this token.
          </p>
        )}
        <p id="token-note" class="note">
          It stays in this tab and is forgotten when you close it.
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  )
}
