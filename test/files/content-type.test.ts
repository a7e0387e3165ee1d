import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentTypeOf, parseContentType } from '../../src/files/content-type.ts'
import { testFolder } from '../support/temporary.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const TEXT = Buffer.from('some text')
const OCTET_STREAM = 'application/octet-stream'

test.each([
  ['a type that is given', { bytes: PNG, name: 'a.csv', given: 'text/html' }, 'text/html'],
  ['the bytes, when none is given', { bytes: PNG, name: 'a.csv', given: undefined }, 'image/png'],
  ['the bytes, when the type tells nothing', { bytes: PNG, name: 'upload', given: OCTET_STREAM }, 'image/png'],
  ['the name, when the bytes tell nothing', { bytes: TEXT, name: 'a.CSV', given: OCTET_STREAM }, 'text/csv'],
  ['the name of an empty file', { bytes: Buffer.alloc(0), name: 'a.json', given: undefined }, 'application/json'],
  [
    'a plain text that is one',
    { bytes: Buffer.from('BM is no bitmap'), name: 'a.csv', given: 'text/plain' },
    'text/plain',
  ],
  ['the bytes, when plain text is none', { bytes: PNG, name: 'a.csv', given: 'text/plain' }, 'image/png'],
  ['nothing, when nobody knows', { bytes: TEXT, name: 'upload', given: OCTET_STREAM }, OCTET_STREAM],
  ['nothing for a damaged zip', { bytes: Buffer.from('PK\x03\x04'), name: 'a', given: undefined }, expect.any(String)],
])('the type comes from %s', async (_, { bytes, name, given }, type) => {
  const path = join(testFolder(), 'file')
  writeFileSync(path, bytes)
  expect(await contentTypeOf(path, { name, given })).toEqual(type)
})

test('only the begin of a large file is read', async () => {
  const path = join(testFolder(), 'file')
  writeFileSync(path, Buffer.concat([Buffer.alloc(2 ** 17), PNG]))
  expect(await contentTypeOf(path, { name: 'a', given: undefined })).toBe(OCTET_STREAM)
})

test.each([
  ['image/png', 'image/png'],
  [' image/svg+xml ', 'image/svg+xml'],
  ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  ['application/vnd.x;a=b;c="d e"', 'application/vnd.x;a=b;c="d e"'],
  ['png', undefined],
  ['image/', undefined],
  ['/png', undefined],
  ['image/png/large', undefined],
  ['image/png;', undefined],
  ['image/png\r\nX-Other: 1', undefined],
  ['text/plain; charset="\r\n"', undefined],
  ['image/pñg', undefined],
  [`image/${'x'.repeat(300)}`, undefined],
])('%j as a type is %j', (text, type) => {
  expect(parseContentType(text)).toBe(type)
})
