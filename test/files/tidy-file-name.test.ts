import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tidyFileName } from '../../src/files/tidy-file-name.ts'

test.each([
  ['photo.png', 'photo.png'],
  ['  spaced name.txt ', 'spaced name.txt'],
  ['../../etc/passwd', 'passwd'],
  ['../x', 'x'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Users\\me\\photo.png', 'photo.png'],
  ['..\\..\\photo.png', 'photo.png'],
  ['a\0b.txt', 'ab.txt'],
  ['a\r\nSet-Cookie: b', 'aSet-Cookie: b'],
  ['a\u0085b.txt', 'ab.txt'],
  ['Größe – 大きさ 🖼.png', 'Größe – 大きさ 🖼.png'],
  ['a"b;c=d.txt', 'a"b;c=d.txt'],
  ['%2e%2e%2fpasswd', '%2e%2e%2fpasswd'],
  ['.hidden', '.hidden'],
  ['half \uD83D pair', 'half \uFFFD pair'],
  ['', 'file'],
  ['   ', 'file'],
  ['.', 'file'],
  ['..', 'file'],
  ['.....', 'file'],
  ['. \0.', '. .'],
  ['\0', 'file'],
  ['.\0.', 'file'],
  ['folder/', 'file'],
  ['folder/..', 'file'],
])('%j is called %j', (given, name) => {
  expect(tidyFileName(given)).toBe(name)
})

test.each([
  ['the ending', `${'x'.repeat(300)}.png`, `${'x'.repeat(251)}.png`],
  ['no ending where there is none', 'x'.repeat(300), 'x'.repeat(255)],
  ['no ending that is a name itself', `x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
  ['the last of several endings', `${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(252)}.gz`],
  ['whole characters of several bytes', `${'ä'.repeat(300)}.png`, `${'ä'.repeat(125)}.png`],
  ['whole characters of two code units', `${'🖼'.repeat(100)}`, '🖼'.repeat(63)],
  ['whole characters wherever the cut falls', `a${'🖼'.repeat(100)}.png`, `a${'🖼'.repeat(62)}.png`],
])('a long name keeps %s', (_what, given, name) => {
  const tidied = tidyFileName(given)
  expect(tidied).toBe(name)
  expect(Buffer.byteLength(tidied)).toBeLessThanOrEqual(255)
  expect(tidied.isWellFormed()).toBe(true)
})

test('a name of a megabyte is tidied', () => {
  expect(tidyFileName(`${'/'.repeat(2 ** 19)}${'🖼'.repeat(2 ** 18)}.png`)).toBe(`${'🖼'.repeat(62)}.png`)
})

test('whatever it was, a tidy name is short, plain, no path, and stays as it is', () => {
  const piece = fc.constantFrom(
    '..',
    '/',
    '\\',
    '\0',
    ' ',
    '.png',
    '🖼',
    '\ud83d',
    'x'.repeat(100),
    'ä'.repeat(100),
    '\u0085',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (given) => {
        const name = tidyFileName(given)
        expect(name).toMatch(/^[^/\\\p{Control}]+$/u)
        expect(name).not.toMatch(/^\.+$/)
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
        expect(name.isWellFormed()).toBe(true)
        expect(tidyFileName(name)).toBe(name)
      },
    ),
  )
})
