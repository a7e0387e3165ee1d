import { describe, expect, test } from 'vitest'
import { assertNotExposed } from '../../src/accounts/assert-not-exposed.ts'

describe('without tokens the server listens only where nobody else reaches it', () => {
  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s needs no tokens', (host) => {
    expect(() => assertNotExposed(host, { open: true })).not.toThrow()
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.0.0.1.example.com'])('%s needs tokens', (host) => {
    const start = () => assertNotExposed(host, { open: true })
    expect(start).toThrow(`REPRISE_HOST is "${host}", which others can reach, and there are no tokens`)
    expect(start).toThrow(/set REPRISE_API_TOKENS .*, or listen on 127\.0\.0\.1/)
    expect(() => assertNotExposed(host, { open: false })).not.toThrow()
  })
})
