/**
 * Models that nobody here has made, served to clients that send real pictures and sound: each answers as its authors
 * published, whichever way a file goes in and comes out.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireFile } from '../../src/files/schema.ts'
import { MULTIPART, multipartBody } from '../support/multipart.ts'
import { decodePicture, differencesOf, encodePng, pixelsOf } from '../support/pictures.ts'
import {
  type ExpectedNumbers,
  expectedCase,
  expectedOf,
  expectNumbers,
  installRealModels,
  published,
  publishedFloats,
  type RealModel,
  realModelsAreHere,
} from '../support/real-models.ts'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const why = realModelsAreHere ? '' : ' (skipped: the folder ../shared/models, where these models are, is not there)'

describe.skipIf(!realModelsAreHere)(`a published model${why}`, () => {
  let server: TestServer
  let modelsDir: string
  beforeAll(async () => {
    modelsDir = makeFolder()
    installRealModels(modelsDir)
    server = await startServer({ MODELS_DIR: modelsDir, BUNDLED_MODELS: 'off' })
  })
  afterAll(async () => {
    await server.close()
    removeFolder(modelsDir)
  })

  async function outputOf(model: RealModel, input: Record<string, unknown>): Promise<unknown> {
    const prediction = await run(server, model, input)
    expect(prediction).toMatchObject({ status: 'succeeded', error: null })
    return prediction.output
  }

  test('brightens a picture that the official client uploads, and gives it a file object', async () => {
    const { sample, expect_image: wanted } = expectedCase<PictureCase>('real/low-light', 'whole-photo')
    const image = published('real/low-light', sample)
    const output = await server.client.run('real/low-light', { input: { image } })
    expect(String(output)).toMatch(/^data:image\/png;base64,/)
    const picture = await decodePicture(await contentOf(output))
    expect(picture).toMatchObject({ width: wanted.width, height: wanted.height, channels: 3 })
    const bright = await decodePicture(published('real/low-light', wanted.output))
    const { mean, shareBeyond } = differencesOf(picture, bright, 8)
    expect(mean).toBeLessThanOrEqual(wanted.mean_abs_diff_max)
    expect(shareBeyond).toBeLessThanOrEqual(wanted.share_of_pixels_off_by_more_than_8_max)
  })

  test('brightens a picture in a data URI, and gives the URL of another', async () => {
    const { feeds, expect: wanted } = expectedCase<TensorCase>('real/low-light', 'crop-64x48')
    const size = { width: 64, height: 48 }
    const dark = pixelsOf(publishedFloats('real/low-light', feeds.input.file), size, Math.round)
    const url = await outputOf('real/low-light', { image: dataUri('image/png', await encodePng(dark)) })
    expect(url).toEqual(expect.stringMatching(/^http:.*\.png$/))
    const response = await fetch(String(url))
    expect(response.headers.get('content-type')).toBe('image/png')
    const picture = await decodePicture(await response.bytes())
    expect(picture).toMatchObject({ ...size, channels: 3 })
    const bright = pixelsOf(publishedFloats('real/low-light', wanted.output.file), size, Math.floor)
    // Where the fraction is almost none, the last bit of a float decides.
    const { mean, shareBeyond } = differencesOf(picture, bright, 1)
    expect(shareBeyond).toBe(0)
    expect(mean).toBeLessThan(0.01)
  })

  test('finds the face of an astronaut in a picture on the web', async () => {
    const { sample, result, expect: wanted } = expectedCase<FacesCase>('real/faces', 'astronaut')
    const image = published('real/faces', sample)
    const web = await serve((_, response) => response.setHeader('content-type', 'image/png').end(image))
    const output = await outputOf('real/faces', { image: `http://127.0.0.1:${web.port}/astronaut.png` })
    expect(web.connections).toHaveLength(1)
    // Nearer than the published tolerance, which is meant for pictures that are stretched in other ways.
    expectFaces(output, result.faces, { score: wanted.scores.atol, box: 1 })
  })

  test('finds no face in a picture of coffee that the official client uploads under its name', async () => {
    const { sample, result } = expectedCase<FacesCase>('real/faces', 'coffee')
    const image = new File([Uint8Array.from(published('real/faces', sample))], 'coffee.png', { type: 'image/png' })
    expect(await server.client.run('real/faces', { input: { image } })).toEqual(result.faces)
  })

  test('finds the face in what another model made of the picture, by the URL that it gave', async () => {
    const { sample, result } = expectedCase<FacesCase>('real/faces', 'astronaut')
    const brightened = await outputOf('real/low-light', {
      image: dataUri('image/png', published('real/faces', sample)),
    })
    const output = await outputOf('real/faces', { image: brightened })
    // No one has published this answer: it is the face that is there without brightening.
    expectFaces(output, result.faces, { score: 0.01, box: 10 })
  })

  test.each([0, 2, 9])('reads the digit %i from a data URI', async (digit) => {
    const { sample, expect: wanted } = expectedCase<DigitCase>('real/digits', `png-${digit}`)
    const output = await outputOf('real/digits', { image: dataUri('image/png', published('real/digits', sample)) })
    expect(output).toEqual({ digit, scores: expect.any(Array) })
    const { scores } = output as { scores: number[] }
    expectNumbers(scores, wanted.Plus214_Output_0)
  })

  test('hears speech in a minute of sound that was uploaded before', async () => {
    const { sequences, whole_file: whole } = expectedOf<SpeechExpectation>('real/speech')
    const upload = await fetch(`${server.address}/v1/files`, {
      method: 'POST',
      headers: MULTIPART,
      body: multipartBody([
        {
          name: 'content',
          filename: 'test.wav',
          type: 'audio/wav',
          content: published('real/speech', whole.sample),
        },
      ]),
    })
    expect(upload.status).toBe(201)
    const { urls } = await bodyOf<WireFile>(upload)
    const output = await outputOf('real/speech', { audio: urls.get })
    expect(output).toEqual({ probabilities: expect.any(Array), share: expect.any(Number) })
    const { probabilities, share } = output as { probabilities: number[]; share: number }
    const [first] = sequences
    expect(first).toMatchObject({ name: 'first-150-frames', steps: 150 })
    expectNumbers(probabilities.slice(0, first.steps), first.expect.output)
    expectNumbers(probabilities, { data: whole.probability, atol: whole.atol })
    expect(share).toBeCloseTo(whole['share_above_0.5'], 3)
  })
})

interface PictureCase {
  sample: string
  expect_image: {
    output: string
    width: number
    height: number
    mean_abs_diff_max: number
    share_of_pixels_off_by_more_than_8_max: number
  }
}

interface TensorCase {
  feeds: { input: { file: string } }
  expect: { output: { file: string } }
}

interface Face {
  score: number
  /** In pixels. */
  box: number[]
}

interface FacesCase {
  sample: string
  expect: { scores: { atol: number } }
  result: { faces: Face[] }
}

interface DigitCase {
  sample: string
  expect: { Plus214_Output_0: ExpectedNumbers }
}

interface SpeechExpectation {
  sequences: [{ name: string; steps: number; expect: { output: ExpectedNumbers } }]
  whole_file: { sample: string; probability: number[]; atol: number; 'share_above_0.5': number }
}

function dataUri(type: string, content: Buffer): string {
  return `data:${type};base64,${content.toString('base64')}`
}

/** Of what the official client makes of a file in an output. */
async function contentOf(output: object): Promise<Uint8Array> {
  if (!(output instanceof ReadableStream)) throw new TypeError('The output is no file object')
  return new Response(output).bytes()
}

function expectFaces(output: unknown, faces: readonly Face[], tolerance: { score: number; box: number }): void {
  expect(output).toEqual(faces.map(() => ({ score: expect.any(Number), box: expect.any(Array) })))
  const found = output as Face[]
  for (const [index, { score, box }] of faces.entries()) {
    expectNumbers([found[index]?.score ?? Number.NaN], { data: [score], atol: tolerance.score })
    expectNumbers(found[index]?.box ?? [], { data: box, atol: tolerance.box })
  }
}
