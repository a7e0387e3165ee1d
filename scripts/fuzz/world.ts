import { setTimeout as sleep } from 'node:timers/promises'
import { MULTIPART, multipartBody } from '../../test/support/multipart.ts'
import { type Operation, operationsOf, recordOf } from './operations.ts'

/** Of a token, an account; carol is the one whose things nobody else may see. */
export const TOKENS = { alice: 'r8_alice_0123456789', bob: 'r8_bob_0123456789', carol: 'r8_carol_0123456789' } as const
export type Who = keyof typeof TOKENS

/** Stands in everything that is carol's alone. */
export const MARKER = 'marker-7c1f0e5a-of-carol'
/** Stands in what operators see, too: alice is one. */
const PRIVATE_MARKER = 'marker-b2d94e61-of-carols-model'

const READY = 12

export interface FuzzedModel {
  /** `owner/name` */
  name: string
  versions: readonly string[]
  /** Its `openapi_schema`. */
  schema: unknown
}

/** An id, and whose it is. */
export interface Owned {
  who: Who
  id: string
}

/** What is there to be asked for, made before the first request; the order of all of it is the same each time. */
export interface World {
  port: number
  document: unknown
  operations: readonly Operation[]
  models: readonly FuzzedModel[]
  predictions: readonly Owned[]
  trainings: readonly Owned[]
  files: readonly Owned[]
  /** Ids of predictions with those of their deliveries. */
  deliveries: readonly (Owned & { delivery: string })[]
  cursors: readonly string[]
  /** Paths that whoever has them may read: of alice and bob. */
  capabilities: readonly string[]
  /** Takes webhooks, and serves files to be downloaded. */
  site: string
  /** What nobody but carol may ever be answered, or nobody but operators and carol. */
  secrets: readonly { text: string; operatorsToo: boolean }[]
  /** What carol was answered at the begin, by path; it has to be the same in the end. */
  carols: ReadonlyMap<string, string>
}

/** Makes things of each kind for each account. */
export async function makeWorld(address: string, site: string): Promise<World> {
  const call = async (who: Who, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, address), {
      method,
      headers: {
        authorization: `Bearer ${TOKENS[who]}`,
        ...(body === undefined || body instanceof Buffer ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
    return text === '' ? {} : recordOf(JSON.parse(text))
  }
  const resultsOf = async (who: Who, path: string) => {
    const { results, next } = await call(who, 'GET', path)
    return { results: Array.isArray(results) ? results.map(recordOf) : [], next }
  }

  const document = await call('alice', 'GET', '/openapi.json')
  const models: FuzzedModel[] = []
  for (const { owner, name, latest_version: latest } of (await resultsOf('alice', '/v1/models')).results) {
    const { id, openapi_schema: schema } = recordOf(latest)
    models.push({ name: `${owner}/${name}`, versions: typeof id === 'string' ? [id] : [], schema })
  }
  const trainer = models.find(({ name }) => name === 'test/learns')?.versions[0]

  const predictions: Owned[] = []
  const trainings: Owned[] = []
  const files: Owned[] = []
  const cursors: string[] = []
  const capabilities: string[] = []
  const deliveries: World['deliveries'][number][] = []
  const secrets: string[] = [MARKER]
  const carols = new Map<string, string>()
  for (const who of ['alice', 'bob', 'carol'] as const) {
    const own = who === 'carol' ? MARKER : `text of ${who}`
    const open = (path: string) => (who === 'carol' ? secrets : capabilities).push(path)
    const create = async (model: string, input: object, more: object = {}) => {
      const created = await call(
        who,
        'POST',
        `/v1/models/${model}/predictions`,
        { input, ...more },
        { prefer: 'wait=20' },
      )
      predictions.push({ who, id: String(created.id) })
      for (const url of urlsIn(created)) if (/\/(?:outputs|streams|files\/strm-)/.test(url)) open(pathOf(url))
      return String(created.id)
    }
    for (let i = 0; i < READY; i++) {
      const body = multipartBody([
        { name: 'content', filename: `${own} ${i}.txt`, type: 'text/plain', content: `${own} `.repeat(i + 1) },
        { name: 'metadata', content: JSON.stringify({ of: own }) },
      ])
      const file = await call(who, 'POST', '/v1/files', body, MULTIPART)
      files.push({ who, id: String(file.id) })
      open(pathOf(String(recordOf(file.urls).download)))
    }
    for (let i = 0; i < READY / 4; i++) {
      await create('test/describes-files', { text: own, file: `data:text/plain,${own}` })
      await create('test/makes-files', { content: own, shape: 'object', name: `${own}.txt` })
      await create('test/tokens', { count: i, secret: own })
      await create('test/streams-files', { count: 2, note: own })
      await create('test/keeps-secrets', { key: own })
    }
    const told = await create(
      'test/tokens',
      { count: 3, note: own },
      { webhook: `${site}/hook/${own.replaceAll(' ', '-')}` },
    )
    for (const { id } of (await resultsOf(who, `/v1/predictions/${told}/webhooks`)).results)
      deliveries.push({ who, id: told, delivery: String(id) })
    for (const visibility of ['public', 'private'])
      await call(who, 'POST', '/v1/models', {
        owner: who,
        name: visibility,
        visibility,
        hardware: 'cpu',
        ...(visibility === 'private' ? { description: who === 'carol' ? PRIVATE_MARKER : own } : {}),
      })
    models.push(
      { name: `${who}/public`, versions: [], schema: {} },
      { name: `${who}/private`, versions: [], schema: {} },
    )
    const tokens = models.find(({ name }) => name === 'test/tokens')
    await call(who, 'POST', '/v1/deployments', {
      name: 'app',
      model: 'test/tokens',
      version: tokens?.versions[0],
      hardware: 'cpu',
      min_instances: 0,
      max_instances: 1,
    })
    const training = await call(who, 'POST', `/v1/models/test/learns/versions/${trainer}/trainings`, {
      destination: `${who}/private`,
      input: { text: `data:text/plain,${own}` },
    })
    trainings.push({ who, id: String(training.id) })
    const { key } = await call(who, 'GET', '/v1/webhooks/default/secret')
    if (who === 'carol') secrets.push(String(key))
  }
  const ofCarol = async () => (await resultsOf('carol', '/v1/trainings')).results
  while ((await ofCarol()).some(({ completed_at: at }) => at === undefined)) await sleep(50)
  // More than a page holds.
  for (let i = 0; i < 110; i++)
    await call('alice', 'POST', '/v1/models/test/adds-batch/predictions', { input: { value: i } })
  for (const path of ['/v1/predictions', '/v1/models', '/v1/files'])
    for (const who of ['alice', 'bob'] as const) {
      const { next } = await resultsOf(who, path)
      if (typeof next === 'string') cursors.push(new URL(next).searchParams.get('cursor') ?? '')
    }
  for (const list of ['/v1/predictions', '/v1/files', '/v1/deployments', '/v1/trainings']) {
    carols.set(list, JSON.stringify(await call('carol', 'GET', list)))
    for (const { id, owner, name } of (await resultsOf('carol', list)).results) {
      const path = `${list}/${id ?? `${owner}/${name}`}`
      carols.set(path, JSON.stringify(await call('carol', 'GET', path)))
    }
  }
  return {
    port: Number(new URL(address).port),
    document,
    operations: operationsOf(document),
    models,
    predictions,
    trainings,
    files,
    deliveries,
    cursors,
    capabilities,
    site,
    secrets: [...secrets.map((text) => ({ text, operatorsToo: false })), { text: PRIVATE_MARKER, operatorsToo: true }],
    carols,
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** Every URL in a value, however deep. */
function urlsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:/.test(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(urlsIn) : []
}
