/**
 * Models that reach past the runner to its channel: they close it, or write into it what no runner says. Each is ended
 * alone and told why, and the server neither falls nor grows by more than the longest message that it may have to read.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bystander } from '../support/bystander.ts'
import { eventually } from '../support/eventually.ts'
import { expectNoStrangers } from '../support/family.ts'
import { GREEDY_MODELS } from '../support/greedy-models.ts'
import { peakMebibytes, residentMebibytes } from '../support/process-memory.ts'
import { run, runnersOfModel } from '../support/requests.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'

const dataDir = makeFolder()
let server: ServerProcess
let bystander: Bystander
beforeAll(async () => {
  server = await spawnServer(dataDir, { MODELS_DIR: GREEDY_MODELS })
  bystander = new Bystander(server)
  await bystander.during(Promise.resolve())
})
afterAll(async () => {
  process.stdout.write(`slowest hello-world beside meddling models: ${Math.round(bystander.slowestMs)} ms\n`)
  await server.stop('SIGKILL')
  removeFolder(dataDir)
})

// The endless line comes last: the most that the server has held is measured, and that never falls.
test.each([
  ['closes its channel', 'closes-channel', {}, 'The model closed its channel to the server', 100],
  [
    'writes what is no message',
    'writes-garbage',
    { what: 'garbage' },
    expect.stringMatching(/^The model sent over the channel to the server something that is no JSON: Unexpected token/),
    100,
  ],
  [
    'writes millions of messages',
    'writes-garbage',
    { what: 'flood' },
    'The model flooded the channel to the server with messages',
    100,
  ],
  [
    'writes a line without an end',
    'writes-garbage',
    { what: 'endless line' },
    'The model sent over the channel to the server a message of more than 268435456 bytes',
    256 + 150,
  ],
])('a model that %s is ended and says why', async (title, name, input, error, mostMebibytes) => {
  const { pid } = server.process
  const before = residentMebibytes(pid)
  const failed = await bystander.during(run(server, `greedy/${name}`, input))
  expect(failed).toMatchObject({ status: 'failed', error, output: null })
  expect(await runnersOfModel(server, `greedy/${name}`)).toEqual([])
  await eventually(() => expectNoStrangers(server))
  const peak = peakMebibytes(pid)
  process.stdout.write(`${title}: the server held ${before} MiB, then ${peak} MiB at most\n`)
  expect(peak - before).toBeLessThan(mostMebibytes)
})
