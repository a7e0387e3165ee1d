import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { Upkeep } from '../../src/db/upkeep.ts'
import { SweepGate } from '../../src/sweep-gate.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

const STATEMENTS = {
  insert: `INSERT INTO prediction_chunks (prediction_id, seq, at, data) VALUES ('id', ?, 0, ?)`,
  remove: 'DELETE FROM prediction_chunks',
}
const MIB = 2 ** 20

/** A database that has held so many MiB and holds nothing any more. */
async function emptied(mib: number) {
  const { path, writer, reader } = testDatabase(STATEMENTS)
  const data = randomBytes(MIB / 2).toString('hex')
  for (let seq = 0; seq < mib; seq++) await writer.submit([{ name: 'insert', parameters: [seq, data] }])
  await writer.submit([{ name: 'remove', parameters: [] }])
  const gate = new SweepGate()
  const upkeep = new Upkeep({ path, writer, reader, gate, log: pino({ level: 'silent' }) })
  onTestFinished(() => upkeep.close())
  return { writer, upkeep, gate, free: () => Number(reader.pragma('freelist_count', { simple: true })), path }
}

test('what was asked for gives back all, log included, and tells how much', async () => {
  const { upkeep, free, path } = await emptied(12)
  const { before, after } = await upkeep.giveBackAll()
  expect(before).toBeGreaterThan(12 * MIB)
  expect(after).toBeLessThan(MIB)
  expect(after).toBe(statSync(path).size)
  expect(free()).toBe(0)
})

test('others write meanwhile', async () => {
  const { upkeep, writer } = await emptied(8)
  let done = false
  const all = upkeep.giveBackAll().finally(() => {
    done = true
  })
  let writes = 0
  while (!done) {
    await writer.submit([{ name: 'insert', parameters: [writes, 'small'] }])
    writes++
  }
  await all
  expect(writes).toBeGreaterThan(3)
})

test('by itself it gives back what is more than a little, when nobody copies the database', async () => {
  const { upkeep, gate, free } = await emptied(8)
  const open = gate.hold()
  upkeep.start()
  const before = free()
  expect(before).toBeGreaterThan(1_500)
  await open()
  await eventually(() => expect(free()).toBe(1_024))
})

test('the end does not wait for the rest', async () => {
  const { upkeep, free } = await emptied(8)
  const all = upkeep.giveBackAll()
  await upkeep.close()
  await all
  expect(free()).toBeGreaterThan(0)
})
