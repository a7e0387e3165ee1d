import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  isUnfinished,
  linkOrCopy,
  makeFolderDurably,
  unfinishedPath,
  writeDurably,
  writeSynced,
} from '../src/durable-file.ts'
import { testFolder } from './support/temporary.ts'

test('a file is written whole, beside nothing else', async () => {
  const dir = testFolder()
  await writeDurably(join(dir, 'file'), Buffer.from('hello'))
  expect(readdirSync(dir)).toEqual(['file'])
  expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('hello')
})

test('a file that was there is replaced', async () => {
  const path = join(testFolder(), 'file')
  writeFileSync(path, 'a longer text than the next')
  await writeDurably(path, Buffer.from('short'))
  expect(readFileSync(path, 'utf8')).toBe('short')
})

test('of what cannot be put in its place nothing stays', async () => {
  const dir = testFolder()
  mkdirSync(join(dir, 'file'))
  await expect(writeDurably(join(dir, 'file'), Buffer.from('hello'))).rejects.toThrow()
  expect(readdirSync(dir)).toEqual(['file'])
})

test('a file in a folder that is not there is refused', async () => {
  await expect(writeDurably(join(testFolder(), 'missing', 'file'), Buffer.from('x'))).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

test('what is unfinished lies in the same folder, each under a name of its own that tells so', () => {
  const [first, second] = [unfinishedPath('/some/folder'), unfinishedPath('/some/folder')]
  expect(first).not.toBe(second)
  expect(dirname(first)).toBe('/some/folder')
  expect(isUnfinished(basename(first))).toBe(true)
  expect(['output-0', 'unfinished', ''].some(isUnfinished)).toBe(false)
})

test('a new file is not written over one that is there', async () => {
  const path = join(testFolder(), 'file')
  await writeSynced(path, Buffer.from('first'))
  await expect(writeSynced(path, Buffer.from('second'))).rejects.toMatchObject({ code: 'EEXIST' })
  expect(readFileSync(path, 'utf8')).toBe('first')
})

test('a second name keeps the content when the first is removed, without a second copy', async () => {
  const dir = testFolder()
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  writeFileSync(from, 'hello')
  await linkOrCopy(from, to)
  expect(statSync(to).ino).toBe(statSync(from).ino)
  rmSync(from)
  expect(readFileSync(to, 'utf8')).toBe('hello')
})

test('where a link is not to be had there is a copy', async () => {
  const dir = testFolder()
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  writeFileSync(from, 'hello')
  // A name that is taken stands for a file system without links.
  writeFileSync(to, '')
  await linkOrCopy(from, to)
  expect(readFileSync(to, 'utf8')).toBe('hello')
  expect(statSync(to).ino).not.toBe(statSync(from).ino)
})

test('a file that is gone can neither be linked nor copied', async () => {
  const dir = testFolder()
  await expect(linkOrCopy(join(dir, 'from'), join(dir, 'to'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(existsSync(join(dir, 'to'))).toBe(false)
})

test('a folder is made once, and stays as it is the second time', async () => {
  const dir = join(testFolder(), 'folder')
  await makeFolderDurably(dir)
  writeFileSync(join(dir, 'file'), '')
  await makeFolderDurably(dir)
  expect(readdirSync(dir)).toEqual(['file'])
})
