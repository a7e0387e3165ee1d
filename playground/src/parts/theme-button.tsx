import { useState } from 'preact/hooks'

const KEY = 'reprise-theme'
const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** Before anything is drawn. */
export function applyTheme(theme: Theme = storedTheme()): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme)
  function change(): void {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'
    localStorage.setItem(KEY, next)
    applyTheme(next)
    setTheme(next)
  }
  return (
    <button type="button" class="plain" onClick={change} aria-label={`Colours: ${theme}`}>
      {{ auto: '◐', light: '☀', dark: '☾' }[theme]}
    </button>
  )
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY)
  return THEMES.find((theme) => theme === stored) ?? 'auto'
}
