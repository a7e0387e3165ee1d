import { settingsPage } from './settings-page.ts'

/** Pages of docs/ that the code writes itself. */
export const PAGES: Readonly<Record<string, () => string>> = { 'settings.md': settingsPage }
