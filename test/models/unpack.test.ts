import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { unpackTar } from '../../src/models/unpack.ts'
import { tarOfFiles } from '../support/tar.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'

const LIMITS = { files: 2, bytes: 1_000 }
const PIECE_BYTES = 4_096
const TOO_LARGE = expect.objectContaining({ code: 'too_large' })

/** An archive that is whole, and then goes on for as long as somebody takes more of it. */
function endless() {
  const sent = { pieces: 0 }
  async function* pieces() {
    yield tarOfFiles({ 'a.txt': 'a' })
    for (; sent.pieces < 100_000; sent.pieces++) yield Buffer.alloc(PIECE_BYTES)
  }
  return { sent, pieces: Readable.from(pieces()) }
}

test('what comes behind the end of an archive counts, too', async () => {
  const { sent, pieces } = endless()
  await expect(unpackTar(pieces, testFolder(), LIMITS)).rejects.toEqual(TOO_LARGE)
  expect(sent.pieces).toBeLessThan(100)
})

test('so it does where it comes compressed', async () => {
  const { pieces, sent } = endless()
  await expect(unpackTar(pieces.pipe(createGzip()), testFolder(), LIMITS)).rejects.toEqual(TOO_LARGE)
  pieces.destroy()
  expect(sent.pieces).toBeLessThan(100_000)
})

test('an archive of as much as a package may hold is taken', async () => {
  const dir = testFolder()
  const tar = tarOfFiles({ 'a.txt': 'a'.repeat(500), 'b.txt': 'b'.repeat(500) })
  await unpackTar(Readable.from([tar, Buffer.alloc(10_240 - tar.length)]), dir, LIMITS)
  expect(readdirSync(dir).sort()).toEqual(['a.txt', 'b.txt'])
})

test('whatever damage an archive has, it is refused with a reason, and nothing is written after that', async () => {
  const whole = tarOfFiles({ 'a.txt': 'a'.repeat(300), 'b.txt': 'b', 'c/d/e.txt': 'c', 'd.txt': 'd' })
  const place = fc.nat({ max: whole.length })
  const damage = fc.tuple(place, place, fc.uint8Array({ maxLength: 40 }), fc.boolean())
  const limits = { files: 10, bytes: 10_000 }
  const unpacked = (pieces: Uint8Array[], dir: string) =>
    unpackTar(Readable.from(pieces), dir, limits).catch((error: unknown) => error)
  await fc.assert(
    fc.asyncProperty(damage, async ([from, to, bytes, split]) => {
      const damaged = Buffer.concat([whole.subarray(0, from), bytes, whole.subarray(to)])
      const [dir, other] = [makeFolder(), makeFolder()]
      const reason = await unpacked(split ? [damaged.subarray(0, from), damaged.subarray(from)] : [damaged], dir)
      if (typeof reason !== 'boolean') expect(reason).toBeInstanceOf(AppError)
      const written = readdirSync(dir, { recursive: true }).sort()
      // Takes as long as what might still be written.
      await unpacked([whole], other)
      expect(readdirSync(dir, { recursive: true }).sort()).toEqual(written)
      removeFolder(dir)
      removeFolder(other)
    }),
  )
})
