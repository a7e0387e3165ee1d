import { createReplicate, type ReplicateProvider } from '@ai-sdk/replicate'
import { APICallError, generateImage } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'

/** The smallest GIF there is. */
const PICTURE = 'R0lGODlhAQABAAAAACwAAAAAAQABAAA='

let server: TestServer
let replicate: ReplicateProvider
beforeAll(async () => {
  server = await startServer({ API_TOKENS: 'alice:secret' })
  replicate = createReplicate({ apiToken: 'secret', baseURL: `${server.address}/v1` })
})
afterAll(() => server.close())

test('the AI SDK gets the picture that a model makes', async () => {
  const { image } = await generateImage({
    model: replicate.image('test/paints'),
    prompt: 'a dot',
    providerOptions: { replicate: { picture: PICTURE } },
  })
  expect(image).toMatchObject({ base64: PICTURE, mediaType: 'image/gif' })
})

test('the AI SDK names a version, and gets several pictures', async () => {
  const model = await server.call('GET', '/v1/models/test/paints', { headers: { authorization: 'Bearer secret' } })
  const version = /"latest_version":\{"id":"([0-9a-f]{64})"/.exec(await model.text())?.[1]
  const { images } = await generateImage({
    model: replicate.image(`test/paints:${version}`),
    prompt: 'two dots',
    n: 2,
    providerOptions: { replicate: { picture: PICTURE } },
  })
  expect(images.map(({ base64 }) => base64)).toEqual([PICTURE, PICTURE])
})

test('the AI SDK tells what the server refuses', async () => {
  const stranger = createReplicate({ apiToken: 'wrong', baseURL: `${server.address}/v1` })
  const refused = generateImage({ model: stranger.image('test/paints'), prompt: 'a dot' })
  await expect(refused).rejects.toSatisfy((error) => APICallError.isInstance(error) && error.statusCode === 401)
})
