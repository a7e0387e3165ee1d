import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Crockford's base32 in lowercase: digits and letters that are not mistaken for one another. */
export const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** 128 random bits as 26 characters that need no escaping in a URL. */
export function newSecret(): string {
  let value = randomBytes(16).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text += BASE32[Number(value & 31n)]
    value >>= 5n
  }
  return text
}

/** Compares in a time that does not depend on where the two differ. */
export function secretsEqual(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
