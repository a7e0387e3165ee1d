import { flagName, SETTINGS, type Setting, shownDefault, variableName } from '../../src/config/settings.ts'
import { markdownTable } from './markdown-table.ts'

const INTRODUCTION = `# Settings

Each is a variable, and a flag of \`reprise serve\` and \`reprise doctor\`; the flag wins. A value that makes no sense stops
the start, and the message names every setting at fault. Durations are written as \`90s\`, \`5m\` or \`2h30m\`, sizes as
\`512MiB\` or \`8GiB\`. This page is written by \`npm run docs\`.
`

/** docs/settings.md */
export function settingsPage(): string {
  return `${INTRODUCTION}\n${markdownTable(
    ['variable', 'flag', 'default', 'meaning', 'value'],
    Object.values(SETTINGS).map(rowOf),
  )}`
}

function rowOf(setting: Setting<unknown>): string[] {
  const { name, meaning, expected } = setting
  return [`\`${variableName(name)}\``, `\`--${flagName(name)}\``, defaultOf(setting), meaning, expected]
}

function defaultOf(setting: Setting<unknown>): string {
  const shown = shownDefault(setting)
  if (shown === undefined) return ''
  return setting.defaultInWords === undefined ? `\`${shown}\`` : shown
}
