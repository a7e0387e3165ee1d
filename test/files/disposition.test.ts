import { parse } from 'content-disposition'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dispositionOf } from '../../src/files/disposition.ts'
import { tidyFileName } from '../../src/files/tidy-file-name.ts'

test.each([
  'image/png',
  'image/jpeg',
  'image/avif',
  'IMAGE/GIF',
  'audio/mpeg',
  'video/mp4',
  'text/plain',
  'text/plain; charset=utf-8',
  'application/json',
  'application/pdf',
])('%s is shown', (type) => {
  expect(dispositionOf('a', type)).toBe('inline; filename=a')
})

test.each([
  'image/svg+xml',
  'image/svg+xml; charset=utf-8',
  'IMAGE/SVG+XML',
  'text/html',
  'text/xml',
  'text/css',
  'text/plain-looking',
  'text/javascript',
  'application/xhtml+xml',
  'application/json+html',
  'application/pdfx',
  'application/octet-stream',
  'application/x-shockwave-flash',
  'multipart/mixed',
])('%s is saved', (type) => {
  expect(dispositionOf('a', type)).toBe('attachment; filename=a')
})

test.each(['a.png', 'a"b\\c.png', 'a;b=c.png', 'Größe 大きさ 🖼.png', '50%41.png', "it's.png"])(
  'the name %s can be read back',
  (name) => {
    const header = dispositionOf(name, 'image/png')
    expect(header).toMatch(/^[\x20-\x7e]+$/)
    expect(parse(header).parameters.filename).toBe(name)
  },
)

test('half a character does not break the header', () => {
  expect(parse(dispositionOf('a\ud83d.png', 'image/png')).parameters.filename).toBe('a\ufffd.png')
})

test('every name makes one header line, from which it can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }).map(tidyFileName), (name) => {
      const header = dispositionOf(name, 'image/png')
      expect(header).toMatch(/^[\x20-\x7e]+$/)
      expect(parse(header).parameters.filename).toBe(name)
    }),
  )
})
