import { render } from 'preact'
import { App } from './app.tsx'
import { applyTheme } from './parts/theme-button.tsx'

applyTheme()
const place = document.getElementById('app')
if (place) render(<App />, place)
