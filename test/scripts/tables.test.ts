import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { markdownTable } from '../../scripts/tables/markdown-table.ts'
import { PAGES } from '../../scripts/tables/pages.ts'
import { SETTINGS } from '../../src/config/settings.ts'

describe('pages that the code writes', () => {
  test.each(Object.entries(PAGES))('docs/%s says what the code says; if not, run `npm run docs`', (name, write) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(write())
  })

  test('the settings are all there, with defaults that are the same on every machine', () => {
    const page = PAGES['settings.md']?.() ?? ''
    for (const { name } of Object.values(SETTINGS)) expect(page).toContain(`| \`REPRISE_${name}\` |`)
    expect(page).toContain('| `--threads` | all cores |')
    expect(page).toContain('| `--port` | `3000` |')
  })
})

test('what would end a cell or a row does not', () => {
  expect(markdownTable(['a', 'b'], [['1|2', 'x\ny']])).toBe('| a | b |\n| --- | --- |\n| 1\\|2 | x y |\n')
})
