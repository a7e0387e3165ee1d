import { expect, test } from 'vitest'
import { assertOwnCode } from '../../src/models/own-code.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const TRAINER = { 'predict.ts': 'export {}', 'lib/more.js': 'more()', 'package.json': '{}', 'words.txt': 'a' }

function check(files: Record<string, string>): Promise<void> {
  const [dir, other] = [testFolder(), testFolder()]
  writeFiles(dir, files)
  writeFiles(other, TRAINER)
  return assertOwnCode(dir, other)
}

test.each<[string, Record<string, string>]>([
  ['data alone', { 'weights.bin': 'new', 'model.yaml': 'description: new', 'model.onnx': 'new' }],
  ['all code as it was', { 'predict.ts': 'export {}', 'lib/more.js': 'more()', 'package.json': '{}' }],
  ['code in another place', { 'predict.js': 'more()' }],
])('%s may be in a package', async (_, files) => {
  await expect(check(files)).resolves.toBeUndefined()
})

test.each([
  'predict.ts',
  'lib/more.js',
  'a.mjs',
  'a.cjs',
  'a.mts',
  'a.cts',
  'a.JS',
  'a.node',
  'a.wasm',
  'lib/liba.so',
  'package.json',
  'deep/Package.json',
])('a %s of its own may not', async (path) => {
  await expect(check({ [path]: 'a' })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(`${path} is code that the package which was trained does not hold`),
  })
})
