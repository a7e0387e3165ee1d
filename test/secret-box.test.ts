import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { SecretBox } from '../src/secret-box.ts'

const box = new SecretBox(randomBytes(32))

test('what was sealed comes back, and looks different each time', () => {
  const [one, other] = [box.seal('r8_secret ✓'), box.seal('r8_secret ✓')]
  expect(box.open(one)).toBe('r8_secret ✓')
  expect(Buffer.from(one).equals(other)).toBe(false)
  expect(Buffer.from(one).includes('r8_secret')).toBe(false)
})

test('another key, or a changed byte anywhere, opens nothing', () => {
  const sealed = box.seal('r8_secret')
  expect(() => new SecretBox(randomBytes(32)).open(sealed)).toThrow()
  for (let i = 0; i < sealed.length; i++) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === i ? byte ^ 1 : byte))
    expect(() => box.open(changed)).toThrow()
  }
})
