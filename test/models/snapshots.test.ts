import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FileFacts, HashCache } from '../../src/models/content-hash.ts'
import { Snapshots } from '../../src/models/snapshots.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const NO_CACHE: HashCache = { find: () => undefined, remember() {} }

function setUp(cache: HashCache = NO_CACHE) {
  const dir = testFolder()
  const packageDir = join(dir, 'package')
  writeFiles(packageDir, {
    'predict.ts': 'export default 1',
    'weights/model.onnx': 'weights',
    'README.md': 'left out',
    'node_modules/a.js': 'left out',
  })
  const versions = join(dir, 'versions')
  return { packageDir, versions, snapshots: new Snapshots(versions, cache) }
}

test('a snapshot holds the content of the package and nothing else', async () => {
  const { packageDir, snapshots, versions } = setUp()
  const hash = await snapshots.take('owner/name', packageDir)
  expect(readdirSync(versions)).toEqual([hash])
  expect(readdirSync(snapshots.dirOf(hash), { recursive: true }).sort()).toEqual([
    'predict.ts',
    'weights',
    'weights/model.onnx',
  ])
  expect(readFileSync(join(snapshots.dirOf(hash), 'weights/model.onnx'), 'utf8')).toBe('weights')
})

test('a snapshot does not follow the package', async () => {
  const { packageDir, snapshots } = setUp()
  const hash = await snapshots.take('owner/name', packageDir)
  writeFileSync(join(packageDir, 'predict.ts'), 'export default 2')
  const later = await snapshots.take('owner/name', packageDir)
  expect(later).not.toBe(hash)
  expect(readFileSync(join(snapshots.dirOf(hash), 'predict.ts'), 'utf8')).toBe('export default 1')
  expect(readFileSync(join(snapshots.dirOf(later), 'predict.ts'), 'utf8')).toBe('export default 2')
})

test('the same content is copied once', async () => {
  const { packageDir, snapshots, versions } = setUp()
  const hash = await snapshots.take('owner/name', packageDir)
  const { ino } = statSync(join(snapshots.dirOf(hash), 'predict.ts'))
  expect(await snapshots.take('owner/name', packageDir)).toBe(hash)
  expect(readdirSync(versions)).toEqual([hash])
  expect(statSync(join(snapshots.dirOf(hash), 'predict.ts')).ino).toBe(ino)
})

test('two packages are taken at the same time', async () => {
  const { packageDir, snapshots, versions } = setUp()
  const names = ['owner/a', 'owner/b', 'owner/c']
  const hashes = await Promise.all(names.map((name) => snapshots.take(name, packageDir)))
  expect(new Set(hashes).size).toBe(3)
  expect(readdirSync(versions).sort()).toEqual(hashes.sort())
})

test('a snapshot is there or not', async () => {
  const { packageDir, snapshots } = setUp()
  expect(snapshots.has('0'.repeat(64))).toBe(false)
  expect(snapshots.has(await snapshots.take('owner/name', packageDir))).toBe(true)
})

describe('a package that changes while it is copied', () => {
  /** Calls back whenever a file has been hashed and before it is copied. */
  function afterHashing(change: (path: string) => void): HashCache {
    return { find: () => undefined, remember: ({ path }: FileFacts) => change(path) }
  }

  test('is taken as it is once it holds still', async () => {
    let changes = 0
    const { packageDir, snapshots, versions } = setUp(
      afterHashing((path) => {
        if (path.endsWith('predict.ts') && changes++ < 2) writeFileSync(path, `export default ${changes + 1}`)
      }),
    )
    const hash = await snapshots.take('owner/name', packageDir)
    expect(readFileSync(join(snapshots.dirOf(hash), 'predict.ts'), 'utf8')).toBe('export default 3')
    expect(readdirSync(versions)).toEqual([hash])
  })

  test('is refused when it never does, and leaves nothing behind', async () => {
    let changes = 0
    const { packageDir, snapshots, versions } = setUp(
      afterHashing((path) => {
        if (path.endsWith('predict.ts')) writeFileSync(path, `export default ${changes++}`)
      }),
    )
    await expect(snapshots.take('owner/name', packageDir)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('owner/name changes while it is read'),
    })
    expect(readdirSync(versions)).toEqual([])
  })

  test('is read again when a file of it has gone', async () => {
    const { packageDir, snapshots } = setUp(
      afterHashing((path) => {
        if (path.endsWith('predict.ts')) rmSync(join(packageDir, 'weights'), { recursive: true, force: true })
      }),
    )
    const hash = await snapshots.take('owner/name', packageDir)
    expect(readdirSync(snapshots.dirOf(hash), { recursive: true })).toEqual(['predict.ts'])
  })
})

describe('a sweep', () => {
  test('removes what nothing refers to and copies that were never finished', async () => {
    const { packageDir, snapshots, versions } = setUp()
    const kept = await snapshots.take('owner/kept', packageDir)
    const dropped = await snapshots.take('owner/dropped', packageDir)
    mkdirSync(join(versions, '.unfinished-abc'))
    writeFileSync(join(versions, '.unfinished-abc', 'predict.ts'), '')
    await snapshots.sweep(new Set([kept, 'f'.repeat(64)]))
    expect(readdirSync(versions)).toEqual([kept])
    expect(snapshots.has(dropped)).toBe(false)
    expect(existsSync(join(snapshots.dirOf(kept), 'predict.ts'))).toBe(true)
  })

  test('of a folder that is not there does nothing', async () => {
    const { snapshots, versions } = setUp()
    await snapshots.sweep(new Set())
    expect(existsSync(versions)).toBe(false)
  })
})

test('a snapshot that is removed is whole or not there', async () => {
  const { packageDir, snapshots } = setUp()
  writeFiles(packageDir, Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}.txt`, ''])))
  const hash = await snapshots.take('owner/name', packageDir)
  const seen = () => {
    try {
      return readdirSync(snapshots.dirOf(hash)).length
    } catch {
      return 0
    }
  }
  const whole = seen()
  const removed = snapshots.remove(hash)
  for (let files = whole; files > 0; files = seen()) {
    expect(files).toBe(whole)
    await new Promise(setImmediate)
  }
  await removed
})
