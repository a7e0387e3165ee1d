import { renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contentHash, type FileFacts, listContent } from '../../src/models/content-hash.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const FILES = {
  'predict.ts': 'export default 1',
  'model.yaml': 'description: A model\nversion_note: kept\nrun: { threads: 2 }\n',
  'weights/model.onnx': Buffer.from([0, 1, 2, 255]),
}

function packageOf(files: Record<string, string | Buffer>): string {
  const dir = testFolder()
  writeFiles(dir, files)
  return dir
}

const hashOf = (files: Record<string, string | Buffer>, name = 'owner/name') => contentHash(name, packageOf(files))

test('the hash is 64 hex digits and the same for the same content, wherever it lies and whenever it was written', async () => {
  const dir = packageOf(FILES)
  const hash = await contentHash('owner/name', dir)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  utimesSync(join(dir, 'predict.ts'), 1, 1)
  expect(await contentHash('owner/name', dir)).toBe(hash)
  expect(await hashOf(FILES)).toBe(hash)
})

test('a package written before keeps its hash with every later version of reprise', async () => {
  expect(await hashOf(FILES)).toBe('d6fa7b067faf85d6ded729682ac2ecafec710c01756e102476933840fe511cb5')
})

describe('another hash comes from', () => {
  test.each<[what: string, files: Record<string, string | Buffer>]>([
    ['other code', { ...FILES, 'predict.ts': 'export default 2' }],
    ['other weights', { ...FILES, 'weights/model.onnx': Buffer.from([0, 1, 2, 254]) }],
    ['one byte more', { ...FILES, 'weights/model.onnx': Buffer.from([0, 1, 2, 255, 0]) }],
    ['one file more', { ...FILES, 'labels.txt': '' }],
    ['a setting that counts', { ...FILES, 'model.yaml': 'version_note: other' }],
    ['a README.md below the root', { ...FILES, 'weights/README.md': '' }],
    ['a file named like the start of one that is left out', { ...FILES, 'examples.json': '', 'cover.txt': '' }],
  ])('%s', async (_what, files) => {
    expect(await hashOf(files)).not.toBe(await hashOf(FILES))
  })

  test('another name of the model', async () => {
    expect(await hashOf(FILES, 'owner/other')).not.toBe(await hashOf(FILES))
  })

  test('another name of a file', async () => {
    const dir = packageOf(FILES)
    renameSync(join(dir, 'weights/model.onnx'), join(dir, 'weights/other.onnx'))
    expect(await contentHash('owner/name', dir)).not.toBe(await hashOf(FILES))
  })

  test('another place of a file', async () => {
    const dir = packageOf(FILES)
    renameSync(join(dir, 'weights/model.onnx'), join(dir, 'model.onnx'))
    expect(await contentHash('owner/name', dir)).not.toBe(await hashOf(FILES))
  })

  test('a file that is gone', async () => {
    const dir = packageOf(FILES)
    rmSync(join(dir, 'model.yaml'))
    expect(await contentHash('owner/name', dir)).not.toBe(await hashOf(FILES))
  })
})

describe('the same hash stays with', () => {
  test.each<[what: string, files: Record<string, string>]>([
    ['README.md', { 'README.md': '# Hello' }],
    ['examples', { 'examples/one.json': '{}', 'examples/deep/two.json': '{}' }],
    ['a cover image', { 'cover.png': 'png', 'cover.jpg': 'jpg', 'cover.jpeg': 'jpeg', 'cover.webp': 'webp' }],
    ['dotfiles and folders', { '.gitignore': '', '.git/HEAD': '', 'weights/.DS_Store': '' }],
    ['node_modules', { 'node_modules/a/index.js': '', 'weights/node_modules/b.js': '' }],
    [
      'what model.yaml only tells',
      {
        'model.yaml':
          'version_note: kept\ndescription: Other\nvisibility: private\nlicense_url: a\ngithub_url: b\npaper_url: c\nrun: { threads: 1 }\n',
      },
    ],
    ['comments and style in model.yaml', { 'model.yaml': '# A comment\n{ "version_note": "kept" }\n' }],
  ])('%s', async (_what, files) => {
    expect(await hashOf({ ...FILES, ...files })).toBe(await hashOf(FILES))
  })

  test('the keys of model.yaml in another order', async () => {
    const one = 'version: abc\nnested: { a: 1, b: [1, 2] }\n'
    const other = 'nested: { b: [1, 2], a: 1 }\nversion: abc\n'
    expect(await hashOf({ 'model.yaml': other })).toBe(await hashOf({ 'model.yaml': one }))
    expect(await hashOf({ 'model.yaml': one.replace('[1, 2]', '[2, 1]') })).not.toBe(
      await hashOf({ 'model.yaml': one }),
    )
  })
})

test('a model.yaml that sets nothing that counts is as good as none', async () => {
  const none = await hashOf({ 'predict.ts': '1' })
  for (const yaml of ['', '# A comment\n', 'description: A model\nrun: { threads: 2 }\n'])
    expect(await hashOf({ 'predict.ts': '1', 'model.yaml': yaml })).toBe(none)
})

test('a link to a file counts as the file', async () => {
  const dir = packageOf({ 'predict.ts': '1' })
  symlinkSync(join(packageOf({ blob: 'weights' }), 'blob'), join(dir, 'model.onnx'))
  expect(await contentHash('owner/name', dir)).toBe(await hashOf({ 'predict.ts': '1', 'model.onnx': 'weights' }))
})

test('a link to a folder is refused by name', async () => {
  const dir = packageOf({ 'predict.ts': '1' })
  symlinkSync(packageOf({ blob: 'weights' }), join(dir, 'weights'))
  await expect(contentHash('owner/name', dir)).rejects.toThrow('weights is a link to a folder')
})

test('the content is listed sorted, whatever order the disk gives', async () => {
  const dir = packageOf({ 'b.ts': '', 'a/z.ts': '', 'a/b.ts': '', 'B.ts': '', 'README.md': '', '.hidden/x.ts': '' })
  expect(await listContent(dir)).toEqual(['B.ts', 'a/b.ts', 'a/z.ts', 'b.ts'])
})

describe('a cache of hashes', () => {
  test('is asked with size, time and inode, and is told what it did not know', async () => {
    const dir = packageOf(FILES)
    const remembered = new Map<string, string>()
    const asked: FileFacts[] = []
    const cache = {
      find: (facts: FileFacts) => void asked.push(facts),
      remember: ({ path }: FileFacts, sha256: string) => void remembered.set(path, sha256),
    }
    expect(await contentHash('owner/name', dir, cache)).toBe(await hashOf(FILES))
    expect(asked.map(({ path, size }) => [path, size])).toEqual([
      [join(dir, 'predict.ts'), 16],
      [join(dir, 'weights/model.onnx'), 4],
    ])
    expect([...remembered.keys()]).toEqual(asked.map(({ path }) => path))
  })

  test('saves reading the file', async () => {
    const dir = packageOf(FILES)
    const remembered = new Map<string, string>()
    const key = ({ path, size, modifiedAt, inode }: FileFacts) => `${path} ${size} ${modifiedAt} ${inode}`
    const cache = {
      find: (facts: FileFacts) => remembered.get(key(facts)),
      remember: (facts: FileFacts, sha256: string) => void remembered.set(key(facts), sha256),
    }
    const hash = await contentHash('owner/name', dir, cache)
    const { size } = remembered
    expect(await contentHash('owner/name', dir, cache)).toBe(hash)
    expect(remembered.size).toBe(size)

    utimesSync(join(dir, 'predict.ts'), 1, 1)
    expect(await contentHash('owner/name', dir, cache)).toBe(hash)
    expect(remembered.size).toBe(size + 1)
  })
})
