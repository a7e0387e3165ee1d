import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatBytes, parseBytes } from '../src/byte-size.ts'

test.each([
  ['1048576', 2 ** 20],
  ['1', 1],
  ['32MiB', 32 * 2 ** 20],
  ['4 GiB', 4 * 2 ** 30],
  ['3kib', 3 * 2 ** 10],
])('"%s" is %i bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
})

test.each(['', '0', '0MiB', '-1', '1.5GiB', '1MB', 'MiB', '1 Mi B', '9'.repeat(400), '9007199254740992', '9999999GiB'])(
  '"%s" is no size',
  (text) => {
    expect(parseBytes(text)).toBeUndefined()
  },
)

test('no text is read as anything but a safe, positive number', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{0,20} ?(?:[kKmMgG]iB)?$/))
  fc.assert(
    fc.property(text, (written) => {
      const bytes = parseBytes(written) ?? 1
      expect(Number.isSafeInteger(bytes) && bytes > 0).toBe(true)
    }),
  )
})

test('whole gibibytes that were written are read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 20 }), (count) => {
      expect(parseBytes(formatBytes(count * 2 ** 30))).toBe(count * 2 ** 30)
    }),
  )
})
