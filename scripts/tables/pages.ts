import { metricsPage } from './metrics-page.ts'
import { settingsPage } from './settings-page.ts'

/** Pages of docs/ that the code writes itself. */
export const PAGES: Readonly<Record<string, () => string>> = { 'settings.md': settingsPage, 'metrics.md': metricsPage }
