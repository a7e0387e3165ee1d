import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePrefer } from '../../src/http/prefer.ts'

test.each([
  ['wait', 'wait', 59_750],
  ['wait=10', 'wait=10', 9_750],
  ['wait=1', 'wait=1', 750],
  ['wait=60', 'wait=60', 59_750],
  ['wait=7.5', 'wait=7.5', 7_250],
  ['Wait = 5', 'wait=5', 4_750],
  ['wait="5"', 'wait=5', 4_750],
  ['respond-async, wait=5', 'wait=5', 4_750],
  ['wait=5, wait=10', 'wait=5', 4_750],
  ['wait=5;x', 'wait=5', 4_750],
  [' wait , respond-async', 'wait', 59_750],
])('"%s" is applied as "%s" and answered after %i ms at the latest', (header, applied, waitMs) => {
  expect(parsePrefer(header)).toEqual({ applied, waitMs })
})

test.each([
  ['wait=90', 'wait=60'],
  ['wait=99999999999999999999', 'wait=60'],
  ['wait=0', 'wait=1'],
  ['wait=0.1', 'wait=1'],
])('"%s" is clamped to "%s"', (header, applied) => {
  expect(parsePrefer(header)?.applied).toBe(applied)
})

test.each([undefined, '', 'respond-async', 'wait=', 'wait=-1', 'wait=soon', 'wait=1e3', 'waiting', 'no wait'])(
  '%j asks for nothing',
  (header) => {
    expect(parsePrefer(header)).toBeUndefined()
  },
)

test('no header is refused, and none waits longer than clients listen', () => {
  const header = fc.oneof(fc.string(), fc.stringMatching(/^wait ?=? ?"?[0-9.,; ]{0,8}"?$/))
  fc.assert(
    fc.property(header, (text) => {
      const { waitMs } = parsePrefer(text) ?? { waitMs: 750 }
      expect(waitMs >= 750 && waitMs <= 59_750).toBe(true)
    }),
  )
})
