import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAbout } from '../../src/models/about.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

test('examples of a package that are too large together are refused', async () => {
  const dir = join(testFolder(), 'owner/name')
  const example = JSON.stringify({ input: { text: 'x'.repeat(2 ** 20 - 100) } })
  const of = (count: number) => Array.from({ length: count }, (_, index) => [`examples/${index}.json`, example])
  writeFiles(dir, Object.fromEntries(of(4)))
  expect((await readAbout(dir, {})).examples).toHaveLength(4)
  writeFiles(dir, Object.fromEntries(of(5)))
  await expect(readAbout(dir, {})).rejects.toThrow(/The folder examples has \d+ bytes; at most 4194304 are served/)
})
