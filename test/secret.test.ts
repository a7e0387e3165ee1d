import { expect, test } from 'vitest'
import { newSecret, secretsEqual } from '../src/secret.ts'

test('a secret is 26 characters that need no escaping in a URL', () => {
  for (let i = 0; i < 1_000; i++) expect(newSecret()).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
})

test('no two secrets are the same', () => {
  const secrets = Array.from({ length: 10_000 }, newSecret)
  expect(new Set(secrets).size).toBe(secrets.length)
})

test('every place of a secret varies, the last with the three bits that are left of 128', () => {
  const secrets = Array.from({ length: 2_000 }, newSecret)
  const characters = Array.from({ length: 26 }, (_, place) => new Set(secrets.map((secret) => secret[place])).size)
  expect(characters).toEqual([...Array.from({ length: 25 }, () => 32), 8])
})

test.each([
  ['abc', 'abc', true],
  ['', '', true],
  ['abc', 'abd', false],
  ['abc', 'abcd', false],
  ['abc', '', false],
  ['abc', 'ABC', false],
])('"%s" and "%s" are equal: %s', (a, b, equal) => {
  expect(secretsEqual(a, b)).toBe(equal)
})
