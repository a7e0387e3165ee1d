import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64Header, parseDataUri } from '../../src/predictions/data-uri.ts'

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64')

test.each<[uri: string, contentType: string | undefined, content: string]>([
  ['data:text/plain;base64,aGVsbG8=', 'text/plain', 'hello'],
  ['data:text/plain;base64,aGVsbG8', 'text/plain', 'hello'],
  ['DATA:Text/PLAIN;BASE64,aGVsbG8=', 'text/plain', 'hello'],
  ['data:text/plain;charset=utf-8;base64,aGVsbG8=', 'text/plain;charset=utf-8', 'hello'],
  ['data:text/plain; charset=utf-8; base64,aGVsbG8=', 'text/plain; charset=utf-8', 'hello'],
  ['data:;base64,aGVsbG8=', undefined, 'hello'],
  ['data:base64,aGVsbG8=', undefined, 'aGVsbG8='],
  ['data:,hello', undefined, 'hello'],
  ['data:text/plain,hello%20world%2C%21', 'text/plain', 'hello world,!'],
  ['data:text/plain,a,b', 'text/plain', 'a,b'],
  ['data:text/plain,gr\u00fc\u00df', 'text/plain', 'gr\u00fc\u00df'],
  ['data:text/plain,gr%C3%BC%C3%9F', 'text/plain', 'gr\u00fc\u00df'],
  ['data:text/plain;base64,aGVs bG8\n=', 'text/plain', 'hello'],
  ['data:text/plain;base64,aGVsbG8%3D', 'text/plain', 'hello'],
  ['data:text/plain;base64,', 'text/plain', ''],
  ['data:,', undefined, ''],
  ['data:text/html\r\nx: y;base64,aGVsbG8=', undefined, 'hello'],
  ['data:image/svg+xml;utf8,<svg/>', 'image/svg+xml', '<svg/>'],
])('%j holds a file', (uri, contentType, content) => {
  const parsed = parseDataUri(uri)
  expect(parsed?.contentType).toBe(contentType)
  expect(parsed?.bytes.toString()).toBe(content)
})

test('bytes that are no text come back as they were, in either alphabet and in either writing', () => {
  const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(1_000)])
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  for (const uri of [
    `data:application/octet-stream;base64,${bytes.toString('base64')}`,
    `data:application/octet-stream;base64,${bytes.toString('base64url')}`,
    `data:application/octet-stream,${percent}`,
  ])
    expect(parseDataUri(uri)?.bytes.equals(bytes)).toBe(true)
})

test('each length of content is read, with padding and without', () => {
  for (let length = 0; length < 10; length++) {
    const bytes = randomBytes(length)
    const padded = bytes.toString('base64')
    for (const digits of [padded, padded.replace(/=+$/, '')])
      expect(parseDataUri(`data:;base64,${digits}`)?.bytes.equals(bytes)).toBe(true)
  }
})

describe('no file is read from', () => {
  test.each([
    ['what is no data URI', 'https://example.com/a.png'],
    ['a text that only begins like one', 'data'],
    ['a data URI that ends before its content', 'data:image/png;base64'],
    ['base64 that lost a character too many', 'data:image/png;base64,aGVsb'],
    ['base64 with another character', 'data:image/png;base64,aGVs*bG8='],
    ['base64 with padding in the middle', 'data:image/png;base64,aGVsbG8=aGVsbG8='],
    ['base64 with too much padding', 'data:image/png;base64,aGVsbG8==='],
    ['base64 in two alphabets and a letter of none', 'data:image/png;base64,aGVs\u00e4bG8='],
    ['a header that goes on and on', `data:text/plain;x=${'y'.repeat(2_000)},hello`],
    ['a percent sign without digits', 'data:text/plain,50%'],
    ['a percent sign with half of its digits', 'data:text/plain,50%2'],
    ['a percent sign with letters', 'data:text/plain,50%zz'],
    ['base64 behind damaged percent-encoding', 'data:text/plain;base64,aGVsbG8%3'],
  ])('%s', (_what, text) => {
    expect(parseDataUri(text)).toBeUndefined()
  })
})

test('a data URI of the size of the largest body is read', () => {
  const bytes = Buffer.alloc(24 * 2 ** 20, 7)
  expect(parseDataUri(`data:image/png;base64,${bytes.toString('base64')}`)?.bytes.equals(bytes)).toBe(true)
})

test('a damaged character at the end of a large data URI is found', () => {
  const digits = base64(Buffer.alloc(24 * 2 ** 20, 7))
  expect(parseDataUri(`data:image/png;base64,${digits.slice(0, -1)}*`)).toBeUndefined()
})

test.each([
  ['data:image/png;base64,aGVsbG8=', 'data:image/png;base64,'],
  ['data:image/png; Base64 ,aGVsbG8=', 'data:image/png; Base64 ,'],
  ['data:text/plain,hello', 'data:text/plain;base64,'],
  ['data:,hello', 'data:;base64,'],
  ['data:text/plain;charset=utf-8,a,b', 'data:text/plain;charset=utf-8;base64,'],
])('the content of %j can be written again after the header %j', (uri, header) => {
  expect(base64Header(uri)).toBe(header)
  const content = parseDataUri(uri)
  expect(parseDataUri(header + content?.bytes.toString('base64'))).toEqual(content)
})

test('whatever bytes and type are written as a data URI, the same are read', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('', 'text/plain', 'image/png', 'a/b;c=d'), (content, type) => {
      const bytes = Buffer.from(content)
      expect(parseDataUri(`data:${type};base64,${bytes.toString('base64')}`)).toEqual({
        contentType: type || undefined,
        bytes,
      })
    }),
  )
})

test('no text makes it throw, and what it reads can be written again', () => {
  const piece = fc.constantFrom('data:', ';base64', ',', '%', '%41', '=', 'YQ', ';', 'text/plain', '\ud800', ' ', '/')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const uri = `data:${text}`
        const read = parseDataUri(uri)
        if (read) expect(parseDataUri(base64Header(uri) + read.bytes.toString('base64'))?.bytes).toEqual(read.bytes)
      },
    ),
  )
})
