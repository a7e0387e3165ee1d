import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OutputPlace } from '../../src/cli/output-place.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

async function* bytes(text: string) {
  yield Buffer.from(text)
}

async function* broken() {
  yield Buffer.from('half')
  throw new Error('the line is dead')
}

describe('in a folder', () => {
  test.each<[name: string, written: string]>([
    ['seven.png', 'seven.png'],
    ['../../seven.png', 'seven.png'],
    ['/etc/passwd', 'passwd'],
    ['..\\seven.png', 'seven.png'],
    ['..', 'file'],
    ['', 'file'],
    ['.bashrc', 'bashrc'],
    ['...', 'file'],
    ['a\u0000b\n.txt', 'ab.txt'],
  ])('a file that calls itself %j is written as %s', async (name, written) => {
    const dir = testFolder()
    const path = await (await OutputPlace.at(dir, false)).write(name, bytes('content'))
    expect(path).toBe(join(dir, written))
    expect(readdirSync(dir)).toEqual([written])
  })

  test('files of one name are numbered, also with leave to write over others', async () => {
    const dir = testFolder()
    writeFiles(dir, { 'a.txt': 'old' })
    const place = await OutputPlace.at(dir, true)
    const paths = []
    for (const content of ['1', '2', '3']) paths.push(basename(await place.write('a.txt', bytes(content))))
    expect(paths).toEqual(['a.txt', 'a-2.txt', 'a-3.txt'])
    expect(paths.map((path) => readFileSync(join(dir, path), 'utf8'))).toEqual(['1', '2', '3'])
  })

  test('a file that is there is left alone, and so is what a link leads to', async () => {
    const [dir, elsewhere] = [testFolder(), testFolder()]
    writeFiles(dir, { 'a.txt': 'old' })
    symlinkSync(join(elsewhere, 'new.txt'), join(dir, 'b.txt'))
    const place = await OutputPlace.at(dir, false)
    for (const name of ['a.txt', 'b.txt'])
      await expect(place.write(name, bytes('new'))).rejects.toThrow(/is there already; --force writes over it/)
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('old')
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test.each([false, true])('of a file that breaks off nothing stays, with --force %s', async (force) => {
    const dir = testFolder()
    if (force) writeFiles(dir, { 'a.txt': 'old' })
    const place = await OutputPlace.at(dir, force)
    await expect(place.write('a.txt', broken())).rejects.toThrow(/a\.txt cannot be saved: the line is dead/)
    expect(readdirSync(dir)).toEqual(force ? ['a.txt'] : [])
    if (force) expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('old')
  })
})

describe('at a path', () => {
  test('the one file is written whatever it calls itself, and a second refused', async () => {
    const path = join(testFolder(), 'mine.png')
    const place = await OutputPlace.at(path, false)
    expect(await place.write('theirs.png', bytes('1'))).toBe(path)
    await expect(place.write('more.png', bytes('2'))).rejects.toThrow(/--output has to name a folder/)
    expect(readFileSync(path, 'utf8')).toBe('1')
  })

  test('where a file is, or no folder, it is refused at once', async () => {
    const dir = testFolder()
    writeFiles(dir, { 'a.txt': 'old' })
    await expect(OutputPlace.at(join(dir, 'a.txt'), false)).rejects.toThrow(/is there already/)
    await expect(OutputPlace.at(join(dir, 'no/b.txt'), false)).rejects.toThrow(/There is no folder .*\/no$/)
    await expect(OutputPlace.at(`${dir}/no/`, false)).rejects.toThrow(/There is no folder .*\/no$/)
    await expect(OutputPlace.at(join(dir, 'a.txt/b.txt'), false)).rejects.toThrow(/There is no folder/)
  })
})
