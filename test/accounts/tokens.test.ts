import { describe, expect, test } from 'vitest'
import { hashToken } from '../../src/accounts/token.ts'
import { Tokens } from '../../src/accounts/tokens.ts'
import { AppError } from '../../src/errors.ts'

describe('without tokens', () => {
  const tokens = new Tokens([])

  test.each([undefined, 'Bearer anything', 'Basic abc', ''])('%j comes in as local', (header) => {
    expect(tokens.open).toBe(true)
    expect(tokens.authenticate(header)).toEqual({ username: 'local' })
  })
})

describe('with tokens', () => {
  const tokens = new Tokens(['bare', 'alice:r8_one', 'bob:r8_two', 'alice:r8_three'])

  test.each([
    ['Bearer bare', 'local'],
    ['Bearer r8_one', 'alice'],
    ['Token r8_two', 'bob'],
    ['bearer r8_three', 'alice'],
    ['TOKEN   r8_one ', 'alice'],
  ])('"%s" comes in as %s', (header, username) => {
    expect(tokens.open).toBe(false)
    expect(tokens.authenticate(header)).toEqual({ username })
  })

  test('a request without a token is told so', () => {
    expect(() => tokens.authenticate(undefined)).toThrow(
      new AppError('unauthenticated', 'You did not pass an authentication token', { title: 'Unauthenticated' }),
    )
  })

  test.each([
    'Bearer wrong',
    'Bearer alice:r8_one',
    'Bearer R8_ONE',
    'Bearer r8_one r8_two',
    'Bearer',
    'Bearer ',
    '',
    'r8_one',
    'Basic r8_one',
    'xBearer r8_one',
    `Bearer ${'a'.repeat(100_000)}`,
  ])('"%.30s" is refused', (header) => {
    expect(() => tokens.authenticate(header)).toThrow(
      new AppError('unauthenticated', 'You did not pass a valid authentication token', { title: 'Unauthenticated' }),
    )
  })
})

describe('with tokens of the database', () => {
  const stored = { id: '1', username: 'carol', sha256: hashToken('rp_one') }

  test('they come in beside those of the configuration, until they are removed', () => {
    const tokens = new Tokens(['bare'])
    tokens.add(stored)
    expect(tokens.authenticate('Bearer rp_one')).toEqual({ username: 'carol' })
    expect(tokens.accounts).toEqual([{ username: 'local' }, { username: 'carol' }])
    expect(tokens.accountsWithout(new Set(['1']))).toEqual([{ username: 'local' }])
    expect(tokens.configured).toBe(1)
    tokens.remove('1')
    expect(() => tokens.authenticate('Bearer rp_one')).toThrow('valid authentication token')
    expect(tokens.authenticate('Bearer bare')).toEqual({ username: 'local' })
  })

  test('the first closes the server, and no removal opens it again', () => {
    const tokens = new Tokens([])
    tokens.add(stored)
    expect(tokens.open).toBe(false)
    tokens.remove('1')
    expect(tokens.open).toBe(false)
    expect(() => tokens.authenticate('Bearer rp_one')).toThrow('valid authentication token')
  })

  test('whether they are of more than one account is known at any time', () => {
    const tokens = new Tokens(['carol:r8_one', 'carol:r8_two'])
    tokens.add(stored)
    expect(tokens.areOfMany).toBe(false)
    tokens.add({ id: '2', username: 'dave', sha256: hashToken('rp_two') })
    expect(tokens.areOfMany).toBe(true)
    tokens.remove('2')
    expect(tokens.areOfMany).toBe(false)
  })

  test('each use is told once', () => {
    const tokens = new Tokens(['bare'])
    tokens.add(stored)
    expect(tokens.takeUsed()).toEqual([])
    for (const token of ['rp_one', 'rp_one', 'bare']) tokens.authenticate(`Bearer ${token}`)
    expect(tokens.takeUsed()).toEqual(['1'])
    expect(tokens.takeUsed()).toEqual([])
  })
})
