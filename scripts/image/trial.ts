import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { isRecord } from '../../src/is-record.ts'
import type { ImageConfig } from './buildah.ts'
import { Container, freePort } from './container.ts'
import { check } from './report.ts'

const TOKEN = 'a-token-of-the-check'
const GRACE_MS = 40_000

/** A model of the operator's own, whose TypeScript runs as it is. */
const MEASURE = `
import { defineModel, fileInput, Type } from 'reprise/model'
import sharp from 'sharp'

export default defineModel({
  input: Type.Object({ image: fileInput() }),
  output: Type.Object({ width: Type.Integer(), height: Type.Integer() }),
  async setup() {},
  async predict({ image }) {
    const { width, height } = await sharp(image.path).metadata()
    return { width, height }
  },
})
`

/** Makes a database larger than what SQLite keeps in memory, and again without what was deleted. */
const VACUUM = `
  import Database from '/app/node_modules/better-sqlite3/lib/index.js'
  const db = new Database('/data/large.sqlite')
  db.exec('CREATE TABLE t (x)')
  db.exec('WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) INSERT INTO t SELECT randomblob(10000) FROM n')
  db.exec('VACUUM')
`

/** Runs an image that has been built in all the ways that have to work, and in some that have to be refused. */
export async function tryImage(root: string, config: ImageConfig, workDir: string): Promise<void> {
  const modelsDir = join(workDir, 'models')
  mkdirSync(join(modelsDir, 'acme/measure'), { recursive: true })
  writeFileSync(join(modelsDir, 'acme/measure/predict.ts'), MEASURE)
  const port = await freePort()
  const dataDir = newVolume(join(workDir, 'data'), root)
  const foreignDir = join(workDir, 'foreign')
  mkdirSync(foreignDir, { mode: 0o700 })
  const options = { root, config, dataDir, modelsDir, tmp: true }
  const env = { REPRISE_PORT: String(port), REPRISE_API_TOKENS: `alice:${TOKEN}`, REPRISE_LOG_LEVEL: 'warn' }

  await check('without tokens it says what to set', async () => {
    await using container = new Container({ ...options, env: {} })
    return assertRefusal(await container.ended, /REPRISE_API_TOKENS/)
  })
  await check('a data folder that it cannot write is named', async () => {
    await using container = new Container({ ...options, env, dataDir: foreignDir })
    return assertRefusal(await container.ended, /data folder \/data/)
  })

  {
    await using container = new Container({ ...options, env })
    await check('it starts as its user on files that cannot be written', async () => {
      await container.ready()
      const { printed } = await container.execute(['cat', '/proc/1/comm', '/proc/1/status'])
      assert(printed.startsWith('tini\n'), `process 1 is ${printed.split('\n')[0]}`)
      assert(/^Uid:\s+1000\s+1000\s/m.test(printed), `it runs as another user:\n${printed}`)
      const { code } = await container.execute(['touch', '/app/written'])
      assert(code !== 0, 'the root could be written')
    })
    await check('its health check tells a server that answers from one that does not', async () => {
      const [kind, ...command] = config.Healthcheck.Test
      assert(kind === 'CMD', `the health check is of the kind ${kind}`)
      const healthy = await container.execute(command)
      assert(healthy.code === 0, `it ended with ${healthy.code}: ${healthy.printed}`)
      const elsewhere = await container.execute(command, { REPRISE_PORT: String(await freePort()) })
      assert(elsewhere.code === 1, `where nobody listens it ended with ${elsewhere.code}`)
    })
    await check('replicate/hello-world', async () => {
      const output = await predict(port, 'replicate/hello-world', { text: 'Alice' })
      assert(output === 'hello Alice', `the output is ${output}`)
    })
    await check('reprise/upscaler, with sharp', async () => {
      const output = await predict(port, 'reprise/upscaler', { image: await picture(), scale: 2 })
      assert(typeof output === 'string', 'the output is no file')
      const { width, height } = await sharp(await (await fetch(output)).arrayBuffer()).metadata()
      assert(width === 48 && height === 32, `the picture has ${width} x ${height} pixels`)
    })
    await check('a model of the folder that is mounted at /models, in TypeScript', async () => {
      const output = await predict(port, 'acme/measure', { image: await picture() })
      assert(isRecord(output) && output.width === 24 && output.height === 16, `the output is ${JSON.stringify(output)}`)
    })
    await check('the command line in the container', async () => {
      const own = { REPRISE_URL: `http://127.0.0.1:${port}`, REPRISE_TOKEN: TOKEN }
      const { code, printed } = await container.execute(['reprise', 'models'], own)
      assert(code === 0 && printed.includes('acme/measure'), printed)
    })
    await check('SIGTERM ends it within its grace', async () => assertEnd(await container.stop(GRACE_MS)))
  }

  await check('it starts again with the same data, without a /tmp to write to', async () => {
    await using container = new Container({ ...options, env, tmp: false })
    await container.ready()
    const { results } = await call(port, '/v1/predictions')
    assert(Array.isArray(results) && results.length === 3, 'the predictions are not there any more')
    const output = await predict(port, 'replicate/hello-world', { text: 'Bob' })
    assert(output === 'hello Bob', `the output is ${output}`)
    const { code, printed } = await container.execute(['node', '--input-type=module', '--eval', VACUUM])
    assert(code === 0, `SQLite has no place for temporary files: ${printed}`)
    assertEnd(await container.stop(GRACE_MS))
  })
}

/** An empty volume that an engine for containers makes: it belongs to whom the image's folder belongs. */
function newVolume(dir: string, root: string): string {
  const { uid, gid } = statSync(join(root, 'data'))
  mkdirSync(dir)
  chownSync(dir, uid, gid)
  return dir
}

async function picture(): Promise<string> {
  const create = { width: 24, height: 16, channels: 3 as const, background: { r: 200, g: 120, b: 40 } }
  return `data:image/png;base64,${(await sharp({ create }).png().toBuffer()).toString('base64')}`
}

async function predict(port: number, model: string, input: unknown): Promise<unknown> {
  const { latest_version: latest } = await call(port, `/v1/models/${model}`)
  const version = isRecord(latest) ? latest.id : undefined
  const prediction = await call(port, '/v1/predictions', { version, input })
  assert(prediction.status === 'succeeded', `the prediction: ${JSON.stringify(prediction)}`)
  return prediction.output
}

async function call(port: number, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', prefer: 'wait' }
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, ...request })
  const answer: unknown = await response.json()
  assert(response.ok && isRecord(answer), `${path} answered ${response.status}: ${JSON.stringify(answer)}`)
  return answer
}

function assertRefusal({ code, printed }: { code: number | null; printed: string }, reason: RegExp): string {
  assert(code === 1 && reason.test(printed), `it ended with ${code} and printed:\n${printed}`)
  return printed.trim()
}

function assertEnd({ code, printed }: { code: number | null; printed: string }): void {
  assert(code === 0, `it ended with ${code} and printed:\n${printed}`)
}

function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message)
}
