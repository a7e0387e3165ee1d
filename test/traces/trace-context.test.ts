import { expect, test } from 'vitest'
import { parseTraceContext, parseTraceparent } from '../../src/traces/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const VALID = `00-${TRACE}-${SPAN}-01`

test.each([
  [VALID, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`cc-${TRACE}-${SPAN}-01`, 1],
  [`cc-${TRACE}-${SPAN}-01-what-comes-later`, 1],
])('%s is taken', (traceparent, traceFlags) => {
  expect(parseTraceContext({ traceparent })).toEqual({ traceparent })
  expect(parseTraceparent(traceparent)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags })
})

test.each([
  [undefined],
  [''],
  ['nonsense'],
  [VALID.toUpperCase()],
  [`ff-${TRACE}-${SPAN}-01`],
  [`00-${'0'.repeat(32)}-${SPAN}-01`],
  [`00-${TRACE}-${'0'.repeat(16)}-01`],
  [`00-${TRACE}-${SPAN}`],
  [`${VALID}-more`],
  [`cc-${TRACE}-${SPAN}-01more`],
  [`cc-${TRACE}-${SPAN}-01-${'x'.repeat(100)}`],
  [`${VALID}, ${VALID}`],
  [`${VALID}\n`],
  [` ${VALID}`],
])('%j is as if nothing had been sent', (traceparent) => {
  expect(parseTraceContext({ ...(traceparent === undefined ? {} : { traceparent }), tracestate: 'a=1' })).toBeNull()
})

test.each([
  ['a=1'],
  ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
  ['tenant@system=1, b=with spaces'],
  ['a=1,,b=2'],
  [Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(',')],
])('the state %s goes along', (tracestate) => {
  expect(parseTraceContext({ traceparent: VALID, tracestate })).toEqual({ traceparent: VALID, tracestate })
})

test.each([
  ['no members', ' , '],
  ['a member without a value', 'a=1,b'],
  ['a key in capitals', 'A=1'],
  ['a value that is no ASCII', 'a=é'],
  ['too many members', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
  ['more than 512 characters', `a=${'x'.repeat(255)},b=${'x'.repeat(255)}`],
])('a state with %s is left out', (_, tracestate) => {
  expect(parseTraceContext({ traceparent: VALID, tracestate })).toEqual({ traceparent: VALID })
})
