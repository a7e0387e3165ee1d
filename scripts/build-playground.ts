/**
 * Makes dist/playground: the pages, and each file also in the forms that browsers take them in, compressed as well as can be.
 * `--if-changed` does nothing where what is there was made of the present sources.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TARGET = join(ROOT, 'dist/playground')
const STAMP = join(TARGET, '.made-of')

const present = stampOf(['playground/**/*.*', 'package-lock.json', 'scripts/build-playground.ts'])
const made = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined
if (!process.argv.includes('--if-changed') || made !== present) {
  const { build } = await import('vite')
  await build({ configFile: join(ROOT, 'playground/vite.config.ts'), logLevel: 'warn' })
  for (const file of globSync('**/*.{js,css,html,svg}', { cwd: TARGET })) compress(join(TARGET, file))
  writeFileSync(STAMP, present)
}

function compress(file: string): void {
  const content = readFileSync(file)
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params }))
}

function stampOf(patterns: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of globSync([...patterns], { cwd: ROOT }).toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}
