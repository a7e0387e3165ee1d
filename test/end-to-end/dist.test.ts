/** What is published: JavaScript that serves the same models under the same ids as the sources do. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { writeFiles } from '../support/packages.ts'
import { encodePng } from '../support/pictures.ts'
import { run } from '../support/requests.ts'
import { HELLO, spawnServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'
import { zipOf } from '../support/zip.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

beforeAll(() => {
  execFileSync(process.execPath, [path('scripts/build.ts')])
}, 120_000)

test('the built server serves the bundled models under the ids they have from source', async () => {
  const built = await spawnServer(testFolder(), { MODELS_DIR: testFolder() }, path('dist/main.js'))
  onTestFinished(async () => void (await built.stop('SIGTERM')))
  const source = await testServer({ MODELS_DIR: testFolder() })
  for (const model of ['replicate/hello-world', 'reprise/storyteller', 'reprise/classifier']) {
    const idsOf = async (server: Pick<typeof built, 'call'>) =>
      (await bodyOf<{ results: { id: string }[] }>(server.call('GET', `/v1/models/${model}/versions`))).results.map(
        ({ id }) => id,
      )
    expect(await idsOf(built)).toEqual(await idsOf(source))
  }
  expect(await run(built, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({
    version: HELLO,
    output: 'hello Alice',
  })
  expect(await run(built, 'reprise/storyteller', { max_tokens: 5, seed: 1 })).toMatchObject({ status: 'succeeded' })
})

test('the built doctor finds all that it looks at', () => {
  const environment = { ...process.env, REPRISE_DATA_DIR: testFolder(), REPRISE_MODELS_DIR: testFolder() }
  const args = [path('dist/main.js'), 'doctor', '--port', '0']
  const lines = execFileSync(process.execPath, args, { env: environment, encoding: 'utf8' }).split('\n')
  expect(lines).toContainEqual(expect.stringMatching(/^ok +models +5 can be served: .*reprise\/upscaler/))
  expect(lines).toContainEqual(expect.stringMatching(/^ok +engine +onnxruntime-node /))
})

test('a training from the build makes a package of JavaScript that the built server runs', async () => {
  const models = testFolder()
  const [red, blue] = await Promise.all([flat(200, 20, 30), flat(20, 30, 200)])
  writeFiles(models, {
    'images.zip': zipOf([
      { path: 'red/1.png', content: red },
      { path: 'blue/1.png', content: blue },
    ]),
  })
  execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', TRAINING, path('dist/models/reprise/classifier'), models],
    {
      cwd: path('.'),
    },
  )
  expect(readdirSync(join(models, 'test/colours'))).toContain('predict.js')
  const built = await spawnServer(testFolder(), { MODELS_DIR: models }, path('dist/main.js'))
  onTestFinished(async () => void (await built.stop('SIGTERM')))
  const image = `data:image/png;base64,${red.toString('base64')}`
  expect(await run(built, 'test/colours', { image, top_k: 1 })).toMatchObject({
    status: 'succeeded',
    output: [{ label: 'red', score: expect.any(Number) }],
  })
})

function flat(...colour: [red: number, green: number, blue: number]): Promise<Buffer> {
  return encodePng({
    width: 8,
    height: 8,
    channels: 3,
    data: Uint8Array.from({ length: 192 }, (_, i) => colour[i % 3] ?? 0),
  })
}

/** In a process of its own, because the package is to run as it was built. */
const TRAINING = `
  import { mkdirSync, writeFileSync } from 'node:fs'
  import { InferenceSession } from 'onnxruntime-node'
  const [dir, models] = process.argv.slice(1)
  const { default: training } = await import(dir + '/train.js')
  const path = (file) => dir + '/' + file
  const files = await training.train(
    { images: { path: models + '/images.zip', name: 'images.zip' }, flip: false },
    {
      path,
      session: (file) => InferenceSession.create(path(file), { intraOpNumThreads: 1 }),
      log() {},
      metric() {},
      signal: new AbortController().signal,
    },
  )
  mkdirSync(models + '/test/colours', { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(models + '/test/colours/' + file, content)
`
