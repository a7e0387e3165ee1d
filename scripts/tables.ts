/** `npm run docs`: writes the tables of docs/ from what the code says. */
import { mkdir, writeFile } from 'node:fs/promises'
import { PAGES } from './tables/pages.ts'

const DOCS = new URL('../docs/', import.meta.url)

await mkdir(DOCS, { recursive: true })
for (const [name, write] of Object.entries(PAGES)) await writeFile(new URL(name, DOCS), write())
