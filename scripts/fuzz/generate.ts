import { gzipSync } from 'node:zlib'
import { isDeeper } from '../../src/is-deeper.ts'
import { MULTIPART, multipartBody, type Part } from '../../test/support/multipart.ts'
import { tarOf } from '../../test/support/tar.ts'
import { zipOf } from '../../test/support/zip.ts'
import { Random } from '../soak/random.ts'
import { mutateHeaders } from './headers.ts'
import { mutateBytes, mutateText, mutateValue, strangeValue, writeJson } from './json.ts'
import { type Operation, recordOf } from './operations.ts'
import type { FuzzRequest } from './request.ts'
import { sample } from './sample.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'
import { fillPath, mutateTarget } from './targets.ts'
import { TOKENS, type Who, type World } from './world.ts'

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'TRACE',
  'PROPFIND',
  'LOCK',
  'SEARCH',
]
const LEAVE_AFTER_MS = 150
const DEEPEST = 600
/** How many changes are made, and how often: after many nothing is left that code deep inside would look at. */
const MUTATIONS = [
  { weight: 35, count: 0 },
  { weight: 30, count: 1 },
  { weight: 20, count: 2 },
  { weight: 15, count: 4 },
]

/** The request of an index: the same for the same seed, apart from the ids of what the server has made. */
export function requestOf(world: World, seed: number, index: number): FuzzRequest {
  const random = new Random(Math.imul(seed ^ Math.imul(index + 1, 0x85ebca6b), 0x9e3779b1))
  const operation = pickOperation(world, random)
  const who = random.weighted<{ weight: number; who: Who | undefined }>([
    { weight: 55, who: 'alice' },
    { weight: 35, who: 'bob' },
    { weight: 10, who: undefined },
  ]).who
  const mutations = random.weighted(MUTATIONS).count
  let request = wellFormed(world, operation, who, random)
  for (let i = 0; i < mutations; i++) request = mutate(world, request, random)
  return mayLast(request) ? { ...request, leaveAfterMs: LEAVE_AFTER_MS } : request
}

/** What takes a process for a while is asked for less often than what a server does by itself. */
function pickOperation({ operations }: World, random: Random): Operation {
  const weightOf = ({ method, path }: Operation) => {
    if (/\/versions$/.test(path) && method === 'POST') return 0.4
    if (/\/(?:trainings|backup|vacuum|examples)$/.test(path)) return 0.3
    if (method === 'POST' && /predictions$/.test(path)) return 3
    return 1
  }
  return random.weighted(operations.map((operation) => ({ operation, weight: weightOf(operation) }))).operation
}

/** A request that the document allows, or nearly. */
function wellFormed(world: World, operation: Operation, who: Who | undefined, random: Random): FuzzRequest {
  const { method, path } = operation
  const headers: [string, string][] = [['Host', `127.0.0.1:${world.port}`]]
  if (who) headers.push(['Authorization', `${random.from(['Bearer', 'Bearer', 'Token', 'bearer'])} ${TOKENS[who]}`])
  const target = fillPath(world, operation, who, random)
  const { type, body } = bodyOf(world, operation, who, random)
  if (type !== undefined) headers.push(['Content-Type', type])
  if (body.length > 0 || type !== undefined) headers.push(['Content-Length', String(body.length)])
  if (/predictions/.test(path) && method !== 'GET' && random.chance(0.3)) headers.push(['Prefer', 'wait=1'])
  return { who, method, target, headers, body, leaveAfterMs: undefined, lies: false, name: `${method} ${path}` }
}

function bodyOf(
  world: World,
  { path, bodies, method }: Operation,
  who: Who | undefined,
  random: Random,
): { type: string | undefined; body: Buffer } {
  if (method === 'QUERY')
    return { type: 'text/plain', body: Buffer.from(random.from(['hello', 'test', ...STRANGE_TEXTS])) }
  const [body] = bodies
  if (!body) return { type: undefined, body: Buffer.alloc(0) }
  if (body.type === 'multipart/form-data') return { type: MULTIPART['content-type'], body: multipart(random) }
  if (body.type !== 'application/json')
    return { type: random.from(['application/x-tar', 'application/gzip', body.type]), body: archive(random) }
  const model = random.from(world.models)
  const trains = path.endsWith('/trainings')
  const value = sample(world.document, body.schema, random, (name) => {
    switch (name) {
      case 'input':
        return inputOf(
          trains ? (world.models.find((one) => one.name === 'test/learns') ?? model) : model,
          trains,
          world,
          random,
        )
      case 'version':
        return random.from([model.versions[0] ?? model.name, model.name, `${model.name}:${model.versions[0]}`])
      case 'model':
        return model.name
      case 'destination':
        return `${who ?? 'alice'}/${random.from(['public', 'private'])}`
      case 'webhook':
        return `${world.site}/hook`
      case 'hardware':
        return 'cpu'
      case 'owner':
        return who ?? 'alice'
      case 'name':
        return `made-${random.below(20)}`
      case 'min_instances':
        return 0
      default:
        return undefined
    }
  })
  return { type: 'application/json', body: Buffer.from(writeJson(value)) }
}

/** An input as the schema of the model asks for it. */
function inputOf({ schema }: { schema: unknown }, trains: boolean, world: World, random: Random): unknown {
  const input = recordOf(recordOf(recordOf(schema).components).schemas)[trains ? 'TrainingInput' : 'Input']
  return sample(schema, input, random, (name, part) => {
    if (part.format === 'uri')
      return random.from([
        'data:text/plain;base64,aGVsbG8=',
        `data:image/png,${'%89PNG'.repeat(5)}`,
        `http://127.0.0.1:${world.port}/v1/files/${random.from(world.files).id}`,
        `http://127.0.0.1:${world.port}${random.from(world.capabilities)}`,
        `${world.site}/file`,
      ])
    if (name === 'size') return random.from([0, 10, 100_000])
    return undefined
  })
}

function multipart(random: Random): Buffer {
  const parts: Part[] = [{ name: 'content', filename: 'a.txt', type: 'text/plain', content: 'hello' }]
  const others: Part[] = [
    { name: 'metadata', content: writeJson(random.chance(0.5) ? { a: 1 } : strangeValue(random)) },
    { name: 'metadata[a]', content: 'b' },
    { name: 'filename', content: random.from(STRANGE_TEXTS) },
    { name: 'type', content: random.from(['text/html', 'image/png', ...STRANGE_TEXTS]) },
    { name: random.from(STRANGE_TEXTS).replace(/["\r\n\0]/g, ''), content: random.from(STRANGE_TEXTS) },
    {
      name: 'content',
      filename: random.from(STRANGE_TEXTS).replace(/["\r\n\0]/g, ''),
      content: random.from(STRANGE_TEXTS),
    },
  ]
  while (random.chance(0.6)) parts.splice(random.below(parts.length + 1), 0, random.from(others))
  return multipartBody(parts)
}

function archive(random: Random): Buffer {
  const entries: Parameters<typeof tarOf>[0][number][] = [
    {
      path: 'predict.ts',
      content: `import { defineModel, Type } from 'reprise/model'
export default defineModel({ input: Type.Object({}), output: Type.String(), predict: () => 'pushed ${random.below(5)}' })`,
    },
    {
      path: 'model.yaml',
      content: random.from(['description: pushed\n', 'run: {threads: 999999}\n', 'a: &a [*a]', '{', 'a: 1\na: 2\n']),
    },
    { path: 'README.md', content: '# Pushed' },
  ]
  const others: typeof entries = [
    { path: '../outside.txt', content: 'x' },
    { path: '/etc/outside.txt', content: 'x' },
    { path: 'link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    { path: 'hard', type: 'Link', linkpath: 'predict.ts' },
    { path: 'device', type: 'CharacterDevice' },
    { path: 'big.bin', content: 'x', size: 2 ** 33 },
    { path: 'predict.ts', content: 'twice' },
    { path: 'examples/1.json', content: '{"input":' },
    { path: 'a'.repeat(90), content: 'x' },
    { path: 'folder/', type: 'Directory' },
    { path: 'model.onnx', content: 'no graph' },
    { path: 'cover.png', content: 'no picture' },
  ]
  while (random.chance(0.6)) entries.splice(random.below(entries.length + 1), 0, random.from(others))
  if (random.chance(0.1))
    return zipOf(
      entries.map(({ path, content = '' }) => ({ path, content: Buffer.from(content), deflated: random.chance(0.5) })),
    )
  const tar = tarOf(entries)
  return random.chance(0.5) ? gzipSync(tar) : tar
}

/** The same with something about it changed. */
function mutate(world: World, request: FuzzRequest, random: Random): FuzzRequest {
  const kind = random.weighted([
    { weight: 4, name: 'body' as const },
    { weight: 3, name: 'headers' as const },
    { weight: 2, name: 'target' as const },
    { weight: 0.5, name: 'method' as const },
    { weight: 0.5, name: 'surplus' as const },
  ]).name
  switch (kind) {
    case 'body':
      return request.body.length > 0
        ? withBody(request, mutateBody(request, random))
        : { ...request, target: mutateTarget(world, request.target, random) }
    case 'headers':
      return mutateHeaders(request, random)
    case 'target':
      return { ...request, target: mutateTarget(world, request.target, random) }
    case 'method':
      return { ...request, method: random.from(METHODS) }
    case 'surplus':
      return withBody(request, Buffer.from(random.from([...STRANGE_TEXTS, '{}', '[]', '{"input":{}}'])))
  }
}

/** With a length that fits. */
function withBody(request: FuzzRequest, body: Buffer): FuzzRequest {
  const others = request.headers.filter(([name]) => name !== 'Content-Length')
  const announced = request.headers.some(([name]) => /^transfer-encoding$/i.test(name))
  return {
    ...request,
    body,
    lies: request.lies || announced,
    headers: announced ? request.headers : [...others, ['Content-Length', String(body.length)]],
  }
}

function mutateBody({ body, headers }: FuzzRequest, random: Random): Buffer {
  const isJson = headers.some(([name, value]) => name === 'Content-Type' && /json/.test(value))
  if (isJson && random.chance(0.65)) {
    const value = parsed(body)
    if (value !== undefined) return Buffer.from(writeJson(mutateValue(value, random)))
  }
  const text = body.toString()
  switch (random.below(8)) {
    case 0:
      return Buffer.from(mutateText(text, random))
    case 1:
      return Buffer.from(text, 'utf16le')
    case 2:
      return Buffer.from(`\ufeff${text}`)
    case 3:
      return Buffer.concat([
        Buffer.from(text.slice(0, text.length / 2)),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from(text.slice(text.length / 2)),
      ])
    case 4:
      return Buffer.from(text.replace(/^\{/, '{"input":{"twice":1},"version":null,'))
    case 5:
      return gzipSync(body)
    default:
      return mutateBytes(body, random)
  }
}

/** Undefined for what is no JSON, or goes so deep that it could not be written again. */
function parsed(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isDeeper(value, DEEPEST) ? undefined : value
  } catch {
    return undefined
  }
}

/** Streams go on as long as a prediction runs, and waits as long as the client asks. */
function mayLast({ target, headers }: FuzzRequest): boolean {
  const waits = headers.some(([name, value]) => /^prefer$/i.test(name) && /wait/i.test(value) && !/wait=1$/.test(value))
  return waits || /stream|strm-/.test(target)
}
