import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../src/duration.ts'

test.each([
  ['0', 0],
  ['30', 30_000],
  ['030', 30_000],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['2h30m', 9_000_000],
  ['1h30m45s', 5_445_000],
  ['1h5s', 3_605_000],
  ['90m', 5_400_000],
  ['0s', 0],
])('"%s" is %i milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each([
  '',
  ' ',
  '-5',
  '+5',
  '1.5s',
  '5 s',
  '5d',
  '5ms',
  's',
  'h5',
  '30s5m',
  '1h1h',
  '5S',
  '1e3',
  'soon',
  '99999999999999999999',
  '9999999999999h',
])('"%s" is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [0, '0s'],
  [250, '0.25s'],
  [1_500, '1.5s'],
  [5_000, '5s'],
  [60_000, '1m'],
  [90_000, '1m30s'],
  [1_800_000, '30m'],
  [5_400_000, '1h30m'],
  [90_061_000, '25h1m1s'],
])('%i milliseconds are written as "%s"', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

test('hours, minutes and seconds add up', () => {
  const count = fc.nat({ max: 100_000 })
  fc.assert(
    fc.property(count, count, count, (hours, minutes, seconds) => {
      const milliseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000
      expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(milliseconds)
    }),
  )
})

test('whole seconds that were written are read back', () => {
  fc.assert(
    fc.property(fc.nat(), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000)
    }),
  )
})

test('no text is read as anything but a safe, positive number', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9hms]{0,24}$/))
  fc.assert(
    fc.property(text, (written) => {
      const milliseconds = parseDuration(written) ?? 0
      expect(Number.isSafeInteger(milliseconds) && milliseconds >= 0).toBe(true)
    }),
  )
})
