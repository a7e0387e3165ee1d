import type { Static } from '@sinclair/typebox'
import { useState } from 'preact/hooks'
import type { WireNewToken, WireTokens } from '../../../src/accounts/token-schema.ts'
import { call, messageOf } from '../api/call.ts'
import { signIn } from '../api/session.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failure } from '../parts/failure.tsx'
import { isRefused } from '../parts/is-refused.ts'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'

type Tokens = Static<typeof WireTokens>
type NewToken = Static<typeof WireNewToken>

/** Who may come in, for operators. */
export function TokensPage() {
  useTitle('Tokens')
  const tokens = useAnswer<Tokens>('/v1/tokens')
  const [trouble, setTrouble] = useState<string>()
  const known = 'value' in tokens ? tokens.value : undefined
  const change = (work: Promise<unknown>) => {
    setTrouble(undefined)
    return work.then(tokens.again, (error) => setTrouble(messageOf(error)))
  }
  return (
    <>
      <h1>Tokens</h1>
      {tokens.state === 'failed' && (
        <Failure error={tokens.error} {...(isRefused(tokens.error, 403) ? {} : { again: tokens.again })} />
      )}
      {known && (
        <>
          <p class="note">
            {known.configured > 0
              ? `${known.configured} more ${known.configured === 1 ? 'is' : 'are'} set by REPRISE_API_TOKENS.`
              : known.results.length === 0 &&
                'This server has no tokens and is open to everybody on its machine. The first one closes it.'}
          </p>
          <List tokens={known} revoke={(id) => change(call('DELETE', `/v1/tokens/${id}`))} />
          {trouble && (
            <p class="error" role="alert">
              {trouble}
            </p>
          )}
          <NewTokenForm onMade={tokens.again} />
        </>
      )}
    </>
  )
}

function List({ tokens: { results }, revoke }: { tokens: Tokens; revoke(id: string): void }) {
  if (results.length === 0) return null
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">For</th>
            <th scope="col">Made</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {results.map(({ id, username, description, created_at, last_used_at }) => (
            <tr key={id}>
              <td>{username}</td>
              <td>{description}</td>
              <td>
                <Time at={created_at} />
              </td>
              <td>{last_used_at === null ? 'never' : <Time at={last_used_at} />}</td>
              <td>
                <button
                  type="button"
                  aria-label={`Revoke the token of ${username} ${description ?? ''}`}
                  onClick={() =>
                    confirm(`Requests with this token of ${username} will be refused. Revoke it?`) && revoke(id)
                  }
                >
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function NewTokenForm({ onMade }: { onMade(): void }) {
  const [username, setUsername] = useState('')
  const [description, setDescription] = useState('')
  const [made, setMade] = useState<NewToken>()
  const [trouble, setTrouble] = useState<string>()

  async function make(): Promise<void> {
    setTrouble(undefined)
    try {
      const token = await call<NewToken>('POST', '/v1/tokens', { body: { username, description: description || null } })
      setMade(token)
      // It has closed the server to this page, too.
      if (token.notice) signIn(token.token)
      setDescription('')
      onMade()
    } catch (error) {
      setTrouble(messageOf(error))
    }
  }

  return (
    <>
      <h2>Make a token</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <label for="token-username">Account</label>
        <input
          id="token-username"
          class="short"
          required
          value={username}
          onInput={(event) => setUsername(event.currentTarget.value)}
        />
        <label for="token-description">For</label>
        <input
          id="token-description"
          class="grow"
          placeholder="What it is used for"
          value={description}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Make it
        </button>
      </form>
      {trouble && (
        <p class="error" role="alert">
          {trouble}
        </p>
      )}
      {made && (
        <div role="status">
          <p>The token of {made.username}, which is shown this once:</p>
          <pre>{made.token}</pre>
          {made.notice && <p>{made.notice}</p>}
        </div>
      )}
    </>
  )
}
