import { expect, test } from 'vitest'
import { requestIds } from '../../src/http/request-id.ts'

const idFor = requestIds()
const withHeader = (value: string | undefined) => ({ headers: value === undefined ? {} : { 'x-request-id': value } })

test.each(['abc', 'abc-123_x.y:z', '4bf92f3577b34da6a3ce929d0e0e4736', 'x'.repeat(64)])(
  '%s is taken as it is',
  (id) => {
    expect(idFor(withHeader(id))).toBe(id)
  },
)

test.each([
  ['too long', 'x'.repeat(65)],
  ['with spaces', 'a b'],
  ['with lines', 'a\nb'],
  ['that looks like JSON', '{"level":60}'],
  ['with letters of another alphabet', 'é'],
  ['empty', ''],
  ['missing', undefined],
])('in the place of one %s another is made, each time a new one', (_, given) => {
  const [first, second] = [idFor(withHeader(given)), idFor(withHeader(given))]
  expect(first).toMatch(/^[\w-]{8}-[0-9a-z]+$/)
  expect(second).not.toBe(first)
})

test('no two servers make the same', () => {
  expect(requestIds()(withHeader(undefined))).not.toBe(requestIds()(withHeader(undefined)))
})
