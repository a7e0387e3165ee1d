/**
 * Somebody puts a graph into a folder, writes three lines of model.yaml, and people send pictures and get labels. Whoever
 * gets a line wrong finds in the log of the server which, and what to write instead.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { encodePng } from '../support/pictures.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'
import { channelMeans, negative } from '../support/task-graphs.ts'
import { installTasks } from '../support/task-packages.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'

let server: ServerProcess
let dir: string
beforeAll(async () => {
  dir = makeFolder()
  const modelsDir = join(dir, 'models')
  installTasks(modelsDir, {
    'my/colours': {
      graph: channelMeans(),
      yaml: 'task: image-classification\nlabels: [red, green, blue]\ntop_k: 2\n',
    },
    'my/negative': { graph: negative(), yaml: 'task: image-to-image\n' },
    'my/mistyped': { graph: channelMeans(), yaml: 'task: image-classification\nlables: [red, green, blue]\n' },
    'my/miscounted': { graph: channelMeans(), yaml: 'task: image-classification\nlabels: [red, green]\n' },
  })
  server = await spawnServer(join(dir, 'data'), { MODELS_DIR: modelsDir, BUNDLED_MODELS: 'off', LOG_LEVEL: 'info' })
})
afterAll(async () => {
  await server.stop('SIGKILL')
  removeFolder(dir)
})

const red = () => encodePng({ width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 255, 0, 0) })

/** Why packages are not served, by their names. */
function reasonsIn(log: string): Record<string, string> {
  const lines = log.split('\n').filter((line) => line.includes('the package is broken'))
  return Object.fromEntries(
    lines.map((line) => {
      const { model, reason } = JSON.parse(line)
      return [model, reason]
    }),
  )
}

describe('a graph and a few lines of model.yaml', () => {
  test('label a picture that the official client uploads', async () => {
    const scores = await server.client.run('my/colours', { input: { image: await red() } })
    expect(scores).toEqual([
      { label: 'red', score: expect.closeTo(Math.E / (Math.E + 2), 5) },
      { label: 'green', score: expect.closeTo(1 / (Math.E + 2), 5) },
    ])
  })

  test('refuse an input that does not fit, with the words of Replicate', async () => {
    const response = await server.call('POST', '/v1/models/my/colours/predictions', { body: { input: { top_k: 4 } } })
    expect(response.status).toBe(422)
    const text = await response.text()
    expect(text).toContain('image is required')
    expect(text).toContain('input.top_k: Must be less than or equal to 3')
  })

  test('make of a picture another, under its name', async () => {
    const prediction = await server.client.predictions.create({
      model: 'my/negative',
      input: { image: new File([Uint8Array.from(await red())], 'rose.webp', { type: 'image/png' }) },
      wait: true,
    })
    expect(prediction).toMatchObject({
      status: 'succeeded',
      output: expect.stringMatching(/\/rose\.png$|^data:image\/png/),
    })
  })

  test('are named in the log with what is wrong in them', async () => {
    // On a busy machine it listens before it has looked at all packages.
    const reasons = await eventually(() => {
      const found = reasonsIn(server.printed())
      expect(Object.keys(found)).toHaveLength(2)
      return found
    })
    expect(reasons).toEqual({
      'my/mistyped': expect.stringMatching(
        /^model\.yaml: task image-classification: lables is no setting of it, only .*\blabels\b/,
      ),
      'my/miscounted': expect.stringMatching(
        /^There are 2 labels, but the output scores gives 3 numbers; list one label for each/,
      ),
    })
    expect((await server.call('GET', '/v1/models/my/miscounted')).status).toBe(404)
  })
})
