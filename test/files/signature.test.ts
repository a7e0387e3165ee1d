import { describe, expect, test } from 'vitest'
import { isGranted, signatureOf } from '../../src/files/signature.ts'

const KEY = Buffer.alloc(32, 1)
const NOW = 1_700_000_000_000
const GRANT = { owner: 'alice', id: '01hf0000000000000000000000', expiry: '1700000001' }
const SIGNATURE = signatureOf(KEY, GRANT)

test('the signature is the HMAC-SHA256 of owner, id and expiry, in base64', () => {
  // printf 'alice 01hf0000000000000000000000 1700000001' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101… -binary | base64
  expect(SIGNATURE).toBe('WZ/O3hotlX6ESRQKrl3jNdlJ3PeshtiTMsDUsT/MlQI=')
})

test('it grants what it was made for, until then', () => {
  expect(isGranted(KEY, GRANT, SIGNATURE, NOW)).toBe(true)
  expect(isGranted(KEY, GRANT, SIGNATURE, NOW + 999)).toBe(true)
  expect(isGranted(KEY, GRANT, SIGNATURE, NOW + 1_000)).toBe(false)
})

describe('nothing else is granted', () => {
  test.each([
    ['another owner', { ...GRANT, owner: 'bob' }],
    ['another file', { ...GRANT, id: '01hf0000000000000000000001' }],
    ['a later expiry', { ...GRANT, expiry: '1800000000' }],
    ['an expiry written in another way', { ...GRANT, expiry: '01700000001' }],
  ])('%s', (_, grant) => {
    expect(isGranted(KEY, grant, SIGNATURE, NOW)).toBe(false)
  })

  test.each([
    ['an empty signature', ''],
    ['half a signature', SIGNATURE.slice(0, 20)],
    ['a longer signature', `${SIGNATURE}A`],
    ['no base64', '!'.repeat(SIGNATURE.length)],
    ['a signature with another key', signatureOf(Buffer.alloc(32, 2), GRANT)],
  ])('%s', (_, signature) => {
    expect(isGranted(KEY, GRANT, signature, NOW)).toBe(false)
  })
})

test.each(['', 'soon', '-1', '1.8e9', '1700000001.5', '99999999999999999999', 'Infinity'])(
  'an expiry of "%s" grants nothing, even when it is signed',
  (expiry) => {
    const grant = { ...GRANT, expiry }
    expect(isGranted(KEY, grant, signatureOf(KEY, grant), NOW)).toBe(false)
  },
)

test('a plus sign that has become a space is understood', () => {
  const grants = Array.from({ length: 100 }, (_, i) => ({ ...GRANT, id: `file-${i}` }))
  const grant = grants.find((candidate) => signatureOf(KEY, candidate).includes('+')) ?? expect.fail('No plus sign')
  expect(isGranted(KEY, grant, signatureOf(KEY, grant).replaceAll('+', ' '), NOW)).toBe(true)
})
