import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { parseFileName } from '../../src/files/file-name.ts'

test.each([
  ['photo.png', 'photo.png'],
  ['  spaced name.txt ', 'spaced name.txt'],
  ['../../etc/passwd', 'passwd'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Users\\me\\photo.png', 'photo.png'],
  ['mixed\\up/photo.png', 'photo.png'],
  ['Größe – 大きさ 🖼.png', 'Größe – 大きさ 🖼.png'],
  ['.hidden', '.hidden'],
  ['%2e%2e%2fpasswd', '%2e%2e%2fpasswd'],
  ['a"b;c=d.txt', 'a"b;c=d.txt'],
  ['', 'file'],
  ['   ', 'file'],
  ['.', 'file'],
  ['..', 'file'],
  ['folder/', 'file'],
  ['folder/..', 'file'],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['ä'.repeat(127), 'ä'.repeat(127)],
  [`${'folder/'.repeat(100)}x`, 'x'],
])('"%s" is called "%s"', (given, name) => {
  expect(parseFileName(given)).toBe(name)
})

test.each([
  ['a NUL', 'a\0b.txt'],
  ['a line break', 'a\nb.txt'],
  ['a control character of Latin-1', 'a\u0085b.txt'],
  ['a control character in a folder', 'a\x07b/photo.png'],
  ['bytes that were no UTF-8', 'a\uFFFDb.txt'],
])('%s is refused', (_, given) => {
  expect(() => parseFileName(given)).toThrow('- filename: Must be valid UTF-8 without control characters\n')
})

test.each([['x'.repeat(256)], ['ä'.repeat(128)], [`folder/${'x'.repeat(300)}`]])('"%s" is too long', (given) => {
  expect(() => parseFileName(given)).toThrow('- filename: Must be at most 255 bytes of UTF-8\n')
})

test('every text is a name that stays as it is, or is refused with a reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (given) => {
      try {
        const name = parseFileName(given)
        expect(parseFileName(name)).toBe(name)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
    }),
  )
})
