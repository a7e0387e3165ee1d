import { expect, test } from 'vitest'
import { withoutPreloads } from '../../src/runner/node-options.ts'

test.each([
  ['', ''],
  ['--max-old-space-size=200', '--max-old-space-size=200'],
  ['--import ./tracing.mjs', ''],
  ['--import=./tracing.mjs --max-old-space-size=200', '--max-old-space-size=200'],
  ['--no-warnings -r ./a.cjs --require ./b.cjs --trace-gc', '--no-warnings --trace-gc'],
  ['--import "/with a space/\\"quoted\\".mjs" --trace-gc', '--trace-gc'],
  ['--important', '--important'],
])('of "%s" a runner gets "%s"', (options, kept) => {
  expect(withoutPreloads(options)).toBe(kept)
})
