import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { unpackTar } from '../../src/models/unpack.ts'
import { tarOfFiles } from '../support/tar.ts'
import { testFolder } from '../support/temporary.ts'

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
