import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writePackage } from '../../src/runner/write-package.ts'
import { filesBelow } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const GOING_ON = new AbortController().signal

test('files are written below the folder of the run, texts as UTF-8', async () => {
  const folder = join(testFolder(), 'run')
  await writePackage({ 'predict.ts': 'ü', 'data/deep/weights.bin': new Uint8Array([0, 255]) }, folder, GOING_ON)
  expect(filesBelow(folder)).toEqual(['package/data/deep/weights.bin', 'package/predict.ts'])
  expect(readFileSync(join(folder, 'package/predict.ts'), 'utf8')).toBe('ü')
  expect([...readFileSync(join(folder, 'package/data/deep/weights.bin'))]).toEqual([0, 255])
})

function sameFile<Content>(content: Content, times: number): Record<string, Content> {
  return Object.fromEntries(Array.from({ length: times }, (_, index) => [`${index}`, content]))
}

const deep = Array.from({ length: 17 }, () => 'a').join('/')

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'train has to return the files of a package'],
  ['a list', ['predict.ts'], 'train has to return the files of a package'],
  ['bytes', new Uint8Array(1), 'train has to return the files of a package'],
  ['a map', new Map(), 'train has to return the files of a package'],
  ['no file', {}, 'train returned no files'],
  ['a file above', { '../a': '' }, '"../a": its path leads out of the package'],
  ['a file beside, by a detour', { 'a/../../b': '' }, 'its path leads out of the package'],
  ['an absolute path', { '/a': '' }, 'its path has to be relative'],
  ['a NUL', { 'a\0b': '' }, 'its path has a character that no path can have'],
  ['a path of Windows', { 'a\\b': '' }, 'its path has a character that no path can have'],
  ['no name', { '': '' }, 'its path has an empty name'],
  ['a folder', { 'a/': '' }, 'its path has an empty name'],
  ['a hidden file', { 'a/.b': '' }, 'no part of a package'],
  ['a dot', { './a': '' }, 'no part of a package'],
  ['libraries', { 'node_modules/a/index.js': '' }, 'no part of a package'],
  ['a long path', { ['a/'.repeat(501)]: '' }, 'longer than 1000 characters'],
  ['a deep path', { [deep]: '' }, 'more than 16 folders deep'],
  ['a long name', { ['ü'.repeat(128)]: '' }, 'a name is longer than 255 bytes'],
  ['a file as a folder', { 'a/b/c': '', a: '' }, 'train returned a as a file, and a/b/c as one in it'],
  ['a number', { a: 1 }, 'train returned a file a that is neither a Uint8Array nor a text, but number'],
  ['too many files', sameFile('', 1_001), '1000 are the most'],
  ['too much', sameFile(new Uint8Array(2 ** 23), 513), 'larger than 4294967296 bytes together'],
])('%s is refused, and nothing is written', async (_, files, message) => {
  const folder = testFolder()
  await expect(writePackage(files, folder, GOING_ON)).rejects.toThrow(message)
  expect(filesBelow(folder)).toEqual([])
})

test('nothing is written when nobody waits for it any more', async () => {
  const folder = join(testFolder(), 'run')
  await expect(writePackage({ a: '' }, folder, AbortSignal.abort())).rejects.toThrow('aborted')
  expect(filesBelow(folder)).toEqual([])
})
