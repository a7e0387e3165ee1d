/**
 * A training as somebody would use it: the official client sends a zip of pictures, hears by webhook that there is a new
 * version, and tells with it what new pictures show.
 */
import type { Training } from 'replicate'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draw, SHAPES } from '../support/drawn-pictures.ts'
import { eventually } from '../support/eventually.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { endOfTraining, findTraining, newestVersion } from '../support/trainings.ts'
import { bodyOf } from '../support/wire.ts'
import { type ZipEntry, zipOf } from '../support/zip.ts'

const MODEL = 'local/signs'
const EXAMPLES = 6
const FRESH = 4

const pictures = new Map<string, Buffer[]>()
let server: TestServer
let receiver: Receiver
let training: Training

/** The pictures to learn from, some number of times. */
function examples(times = 1): ZipEntry[] {
  return [...pictures].flatMap(([label, drawn]) =>
    Array.from({ length: times }, (_, round) =>
      drawn.slice(0, EXAMPLES).map((content, index) => ({ path: `signs/${label}/${round}-${index}.png`, content })),
    ).flat(),
  )
}

async function train(entries: readonly ZipEntry[] | Buffer, webhook?: string): Promise<Training> {
  const zip = Buffer.isBuffer(entries) ? entries : zipOf(entries)
  const { urls } = await server.client.files.create(new Blob([Uint8Array.from(zip)]))
  const version = await newestVersion(server, 'reprise/classifier')
  return server.client.trainings.create('reprise', 'classifier', version, {
    destination: MODEL,
    input: { images: urls.get },
    ...(webhook === undefined ? {} : { webhook, webhook_events_filter: ['completed'] }),
  })
}

async function versionsOf(model: string): Promise<string[]> {
  const { results } = await bodyOf<{ results: { id: string }[] }>(server.call('GET', `/v1/models/${model}/versions`))
  return results.map(({ id }) => id)
}

beforeAll(async () => {
  for (const [index, [label, drawing]] of Object.entries(SHAPES).entries())
    pictures.set(label, await draw(drawing, EXAMPLES + FRESH, 70 + index))
  server = await startServer({ MODELS_DIR: '/nowhere' })
  receiver = await startReceiver()
  await server.client.models.create('local', 'signs', { visibility: 'private', hardware: 'cpu' })
  training = await train(examples(), receiver.url)
  await receiver.until((arrivals) => arrivals[0])
}, 120_000)

afterAll(async () => {
  await receiver.close()
  await server.close()
})

test('the webhook names the version that the training has made, which is there', async () => {
  const [arrival, ...others] = receiver.of(training.id)
  expect(others).toEqual([])
  expect(arrival?.prediction).toEqual(await findTraining(server, training.id))
  const [version, ...former] = await versionsOf(MODEL)
  expect(former).toEqual([])
  expect(arrival?.prediction).toMatchObject({
    status: 'succeeded',
    output: { version: `${MODEL}:${version}` },
    metrics: { classes: pictures.size, pictures: pictures.size * EXAMPLES },
  })
})

describe('no version comes of', () => {
  const picture = () => pictures.get('star')?.[0] ?? Buffer.alloc(0)

  test('a training that is canceled while it learns', async () => {
    const before = await versionsOf(MODEL)
    const { id } = await train(examples(40))
    await eventually(async () =>
      expect(await findTraining(server, id)).toMatchObject({ logs: expect.stringMatching(/classes/) }),
    )
    expect(await server.client.trainings.cancel(id)).toMatchObject({ status: 'canceled' })
    expect(await endOfTraining(server, id)).toMatchObject({ status: 'canceled' })
    expect(await versionsOf(MODEL)).toEqual(before)
  })

  test.each<[string, () => readonly ZipEntry[] | Buffer, RegExp]>([
    ['what is no zip', () => Buffer.from('no zip at all'), /zip/],
    ['a zip without pictures', () => [{ path: 'notes/a.txt', content: Buffer.from('a') }], /picture|class/],
    [
      'a zip with a link',
      () => [...examples(), { path: 'star/link.png', content: Buffer.from('/etc/passwd'), isLink: true }],
      /symbolic link/,
    ],
    ['a zip that leads elsewhere', () => [{ path: '../../evil.png', content: picture() }], /\.\./],
    [
      'a bomb',
      () => [...examples(), { path: 'star/bomb.png', content: Buffer.alloc(2 ** 26 + 1), deflated: true }],
      /bomb\.png/,
    ],
    [
      'a bomb that lies',
      () => [
        ...examples(),
        { path: 'star/bomb.png', content: Buffer.alloc(2 ** 26 + 1), deflated: true, declaredBytes: 100 },
      ],
      /too many bytes/,
    ],
  ])('%s', async (_what, zip, error) => {
    const before = await versionsOf(MODEL)
    const { id } = await train(zip())
    expect(await endOfTraining(server, id)).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
    expect(await versionsOf(MODEL)).toEqual(before)
  })
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
  expect(await bodyOf(server.call('GET', `/v1/models/${MODEL}`))).toMatchObject({
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
