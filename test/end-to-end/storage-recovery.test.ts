/** A server, or whoever reads from it, is killed in the middle of a backup or a vacuum: nothing is lost, nothing is left. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runReprise, startReprise } from '../support/command-line.ts'
import { openCopy } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { find, run } from '../support/requests.ts'
import type { ServerProcess } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'

const MAKES = 'test/makes-files'
const MODELS = { MODELS_DIR: someModels('makes-files'), BUNDLED_MODELS: 'off', RETENTION: 'off' }
const LARGE = 'x'.repeat(60_000)
const start = (dataDir: string) => testProcess(dataDir, MODELS)

function leftIn(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => name.includes('.unfinished'))
}

async function runSome({ call }: ServerProcess, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push((await run({ call }, MAKES, { content: LARGE })).id)
  return ids
}

async function expectAll(server: ServerProcess, ids: readonly string[]): Promise<void> {
  for (const id of ids) expect(await find(server, id)).toMatchObject({ status: 'succeeded' })
}

function expectWhole(dataDir: string): void {
  const db = openCopy(dataDir)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
}

/** Enough that it cannot all be on its way at once. */
async function upload({ address }: ServerProcess, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const form = new FormData()
    form.append('content', new Blob([Buffer.alloc(8_000_000, i)]), 'a.bin')
    expect((await fetch(`${address}/v1/files`, { method: 'POST', body: form })).status).toBe(201)
  }
}

test('a server that is killed while it makes a backup loses nothing, and the next one sweeps what is left', async () => {
  const dataDir = testFolder()
  let server = await start(dataDir)
  const ids = await runSome(server, 5)
  await upload(server, 4)
  const response = await server.call('POST', '/v1/backup')
  await response.body?.getReader().read()
  expect(leftIn(dataDir)).toHaveLength(1)
  await server.stop('SIGKILL')
  expect(leftIn(dataDir)).toHaveLength(1)
  server = await start(dataDir)
  expect(leftIn(dataDir)).toEqual([])

  // Also before anything of it is read.
  const asked = server.call('POST', '/v1/backup').catch(() => undefined)
  const more = await runSome(server, 1)
  await server.stop('SIGKILL')
  await asked.then((answer) => answer?.body?.cancel()).catch(() => {})
  expectWhole(dataDir)
  server = await start(dataDir)
  expect(leftIn(dataDir)).toEqual([])
  await expectAll(server, [...ids, ...more])
})

test('a command that is killed leaves no backup, the server nothing, and the next try writes over the rest', async () => {
  const [dataDir, folder] = [testFolder(), testFolder()]
  const server = await start(dataDir)
  const ids = await runSome(server, 2)
  await upload(server, 6)
  const args = ['backup', join(folder, 'a.tar'), '--url', server.address]
  const command = startReprise(args)
  await eventually(() => expect(leftIn(folder)).toEqual(['a.tar.unfinished']))
  command.process.kill('SIGKILL')
  expect((await command.ended).code).toBe('SIGKILL')
  expect(existsSync(join(folder, 'a.tar'))).toBe(false)
  await eventually(() => expect(leftIn(dataDir)).toEqual([]))
  expect(await runReprise(args)).toMatchObject({ code: 0 })
  expect(readdirSync(folder)).toEqual(['a.tar'])

  // A server that dies leaves no half of a file, either.
  const other = startReprise(['backup', join(folder, 'b.tar'), '--url', server.address])
  await eventually(() => expect(leftIn(folder)).toEqual(['b.tar.unfinished']))
  await server.stop('SIGKILL')
  const { code, stderr } = await other.ended
  // All of it may have come before.
  if (code !== 0) expect(stderr).toMatch(/cannot be reached/)
  expect(readdirSync(folder)).toEqual(code === 0 ? ['a.tar', 'b.tar'] : ['a.tar'])
  await expectAll(await start(dataDir), ids)
})

test('a server that is killed while it gives space back loses nothing', async () => {
  const dataDir = testFolder()
  let server = await start(dataDir)
  const kept = await runSome(server, 3)
  for (let round = 0; round < 3; round++) {
    for (const id of await runSome(server, 25)) await server.call('DELETE', `/v1/predictions/${id}`)
    const asked = server.call('POST', '/v1/vacuum').catch(() => undefined)
    kept.push(...(await runSome(server, 1)))
    await sleep(round * 10)
    await server.stop('SIGKILL')
    await asked
    expectWhole(dataDir)
    server = await start(dataDir)
    await expectAll(server, kept)
  }
  const { code, stdout } = await runReprise(['vacuum', '--url', server.address])
  expect(code).toBe(0)
  const [, before, after] = /^(\d+) bytes before \(.*\), (\d+) bytes after \(.*\)\n$/.exec(stdout) ?? []
  expect(Number(after)).toBeGreaterThan(0)
  expect(Number(after)).toBeLessThanOrEqual(Number(before))
})
