import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { currentToken, signOut } from '../api/session.ts'
import { useAccount } from './account.ts'
import { ThemeButton } from './theme-button.tsx'

const PLACES = [
  { path: '/', name: 'Models' },
  { path: '/predictions', name: 'Predictions' },
  { path: '/deployments', name: 'Deployments' },
  { path: '/runners', name: 'Runners' },
  { path: '/tokens', name: 'Tokens' },
]

/** What stands round every page. */
export function Frame({ children }: { children: ComponentChildren }) {
  const { path } = useLocation()
  const { username } = useAccount()
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <a class="mark" href="/">
          Reprise
        </a>
        <nav aria-label="Pages">
          {PLACES.map((place) => (
            <a key={place.path} href={place.path} aria-current={place.path === path ? 'page' : undefined}>
              {place.name}
            </a>
          ))}
        </nav>
        <div class="who">
          <ThemeButton />
          <span title="The account that you are signed in to">{username}</span>
          {currentToken() !== null && (
            <button type="button" class="plain" onClick={signOut}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}
