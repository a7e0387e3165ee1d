import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { arriving } from '../../src/models/arriving.ts'

async function* sending(...pauses: number[]): AsyncGenerator<Uint8Array, void> {
  for (const pause of pauses) {
    if (pause > 0) await sleep(pause)
    yield Buffer.of(1)
  }
}

async function countOf(source: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0
  for await (const { length } of source) count += length
  return count
}

const BROKEN = { code: 'malformed', message: 'The package broke off before its end; send it again' }

test('what goes on coming is taken, however long all of it takes', async () => {
  expect(await countOf(arriving(sending(0, 5, 5, 5), 1_000))).toBe(4)
})

test('what stalls is given up', async () => {
  await expect(countOf(arriving(sending(0, 60_000), 20))).rejects.toMatchObject(BROKEN)
})

test('what breaks off is told so', async () => {
  async function* breaks(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.of(1)
    throw new Error('aborted')
  }
  await expect(countOf(arriving(breaks(), 1_000))).rejects.toMatchObject(BROKEN)
})
