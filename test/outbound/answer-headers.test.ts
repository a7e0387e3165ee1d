import { expect, test } from 'vitest'
import { nameOf, usefulType } from '../../src/outbound/answer-headers.ts'

test.each([
  ['image/png', 'image/png'],
  ['Image/PNG; charset=utf-8', 'image/png'],
  [' text/plain ', 'text/plain'],
  ['application/octet-stream', undefined],
  ['binary/octet-stream', undefined],
  ['Application/Octet-Stream; x=y', undefined],
  ['png', undefined],
  ['', undefined],
  [undefined, undefined],
])('Content-Type %j says %j', (header, type) => {
  expect(usefulType(header)).toBe(type)
})

test.each([
  ['/a/picture.png', undefined, 'picture.png'],
  ['/a/folder/', undefined, 'folder'],
  ['/a/caf%C3%A9%20menu.txt?name=other.txt', undefined, 'café menu.txt'],
  ['/a/100%.txt', undefined, '100%.txt'],
  ['/a/..%2F..%2Fetc%2Fpasswd', undefined, 'passwd'],
  ['/', undefined, 'file'],
  ['/a/%00', undefined, 'file'],
  ['/a', 'attachment; filename="report 1.pdf"', 'report 1.pdf'],
  ['/a', "attachment; filename=plain.txt; filename*=UTF-8''%e2%82%ac.txt", '€.txt'],
  ['/a', 'attachment; filename="../../etc/passwd"', 'passwd'],
  ['/a', 'attachment; filename="C:\\\\temp\\\\x.bin"', 'x.bin'],
  ['/a.png', 'inline', 'a.png'],
  ['/a.png', 'attachment; filename=""', 'a.png'],
  ['/a.png', ';;;=', 'a.png'],
])('%s with Content-Disposition %j is called %s', (path, disposition, name) => {
  expect(nameOf(new URL(path, 'http://example.com'), disposition)).toBe(name)
})
