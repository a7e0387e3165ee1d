/**
 * A training as somebody would use it: what it makes of a zip is put into a folder of models, and the server tells with
 * it what new pictures show.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import training from '../../models/reprise/classifier/train.ts'
import { draw, SHAPES } from '../support/drawn-pictures.ts'
import { writeFiles } from '../support/packages.ts'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { zipOf } from '../support/zip.ts'

vi.mock('reprise/model', () => import('../../src/models/define-model.ts'))

const PACKAGE = join(import.meta.dirname, '../../models/reprise/classifier')
const MODEL = 'test/signs'
const EXAMPLES = 6
const FRESH = 4

const dir = makeFolder()
const pictures = new Map<string, Buffer[]>()
let server: TestServer

beforeAll(async () => {
  for (const [index, [label, drawing]] of Object.entries(SHAPES).entries())
    pictures.set(label, await draw(drawing, EXAMPLES + FRESH, 70 + index))
  const entries = [...pictures].flatMap(([label, drawn]) =>
    drawn.slice(0, EXAMPLES).map((content, index) => ({ path: `signs/${label}/${index}.png`, content })),
  )
  writeFiles(dir, { 'images.zip': zipOf(entries) })
  const zip = join(dir, 'images.zip')
  const path = (file: string) => join(PACKAGE, file)
  const files = await training.train(
    {
      images: { path: zip, name: 'images.zip', contentType: 'application/zip', bytes: () => readFile(zip) },
      flip: false,
    },
    {
      path,
      session: (file) => InferenceSession.create(path(file), { intraOpNumThreads: 1 }),
      log: () => undefined,
      metric: () => undefined,
      signal: new AbortController().signal,
    },
  )
  for (const [file, content] of Object.entries(files))
    writeFiles(dir, { [`models/${MODEL}/${file}`]: Buffer.from(content) })
  server = await startServer({ MODELS_DIR: join(dir, 'models') })
}, 120_000)

afterAll(async () => {
  await server.close()
  removeFolder(dir)
})

interface Score {
  label: string
  score: number
}

function scoresIn(output: unknown): Score[] {
  if (!Array.isArray(output)) throw new Error(`The output is no list: ${JSON.stringify(output)}`)
  return output
}

const dataUri = (bytes: Uint8Array) => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`

test('new pictures get the right labels from the version that was trained', async () => {
  const asked = [...pictures].flatMap(([label, drawn]) => drawn.slice(EXAMPLES).map((picture) => ({ label, picture })))
  let right = 0
  for (const { label, picture } of asked) {
    const { output } = await run(server, MODEL, { image: dataUri(picture), top_k: 1 })
    if (scoresIn(output)[0]?.label === label) right += 1
  }
  expect(asked).toHaveLength(20)
  expect(right).toBeGreaterThanOrEqual(16)
})

test('the official client sends bytes and gets every class with its score', async () => {
  const [star] = pictures.get('star')?.slice(-1) ?? []
  const scores = scoresIn(await server.client.run(MODEL, { input: { image: star } }))
  expect(scores.map(({ label }) => label).sort()).toEqual([...pictures.keys()].sort())
  expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1)
})

test('the model tells which classes it knows', async () => {
  const response = await server.call('GET', `/v1/models/${MODEL}`)
  expect(await response.json()).toMatchObject({
    description: 'Tells which of 5 classes a picture belongs to: arrow, cross, heart, house, star.',
  })
})

describe('the bundled model', () => {
  test('runs before anybody has trained it', async () => {
    const image = await sharp({ create: { width: 50, height: 50, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const { output } = await run(server, 'reprise/classifier', { image: dataUri(image) })
    expect(scoresIn(output)).toHaveLength(5)
  })

  test('fails with the reason for what is no picture', async () => {
    const failed = await run(server, 'reprise/classifier', { image: dataUri(Buffer.from('<svg/>')) })
    expect(failed).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/image\.png cannot be read as a PNG, JPEG, WebP or GIF picture/),
    })
  })
})
