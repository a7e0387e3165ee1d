import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { isRecord } from '../../src/is-record.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

test.each(PAGES)('every link of %s leads somewhere', (page) => {
  const lost = linksOf(read(page)).filter((link) => !leadsSomewhere(page, link))
  expect(lost).toEqual([])
})

test('the comparison with Replicate names every endpoint, and none that is not there', () => {
  const document: unknown = parse(read('openapi.yaml'))
  if (!isRecord(document) || !isRecord(document.paths)) throw new Error('openapi.yaml has no paths')
  const served = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, item]) =>
      Object.keys(isRecord(item) ? item : {})
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path.slice('/v1'.length)}`),
    )
  const told = [...read('docs/compatibility.md').matchAll(/^\| `([A-Z]+ \S+)` \|/gm)].map(([, endpoint]) => endpoint)
  expect(told.toSorted()).toEqual(served.toSorted())
})

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** Where its links lead that stay in the repository. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || anchorsOf(read(target)).includes(anchor)
}

/** As a Markdown page gives them to its headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
