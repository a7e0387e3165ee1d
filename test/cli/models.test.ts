/** Against a server that has more models than a page holds. */
import type { IncomingMessage } from 'node:http'
import { beforeEach, describe, expect, test } from 'vitest'
import { models } from '../../src/cli/models.ts'
import { predict } from '../../src/cli/predict.ts'
import { callAs } from '../support/accounts.ts'
import { runCommand, startReprise } from '../support/command-line.ts'
import { testServer } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'

const [OLD, NEW, OTHER] = ['aaaaaaaa00', 'aaaaaaaa11', 'bbbbbbbb22'].map((begin) => begin.padEnd(64, '0'))
const TIME = '2026-01-01T00:00:00.000Z'

const version = (id: string | undefined) => ({
  id,
  created_at: TIME,
  cog_version: '0.16.7',
  openapi_schema: {
    components: {
      schemas: {
        size: { enum: ['small', 'large'], type: 'string', description: 'An enumeration.' },
        Input: {
          type: 'object',
          required: ['image'],
          properties: {
            size: { allOf: [{ $ref: '#/components/schemas/size' }], default: 'small', 'x-order': 2 },
            top_k: {
              type: 'integer',
              minimum: 1,
              maximum: 10,
              default: 3,
              'x-order': 1,
              description: 'How many\nlabels',
            },
            image: { type: 'string', format: 'uri', 'x-order': 0, description: 'A digit' },
            hints: {
              anyOf: [{ type: 'array', items: { type: 'number', exclusiveMinimum: 0 } }, { type: 'null' }],
              'x-order': 3,
            },
            loop: { $ref: '#/components/schemas/loop', 'x-order': 4 },
          },
        },
        loop: { allOf: [{ $ref: '#/components/schemas/loop' }] },
        Output: { type: 'array', items: { type: 'string' }, 'x-cog-array-type': 'iterator' },
      },
    },
  },
})

const model = (name: string, latest: string | undefined, more: object = {}) => ({
  owner: 'acme',
  name,
  description: null,
  visibility: 'public',
  run_count: 0,
  latest_version: latest === undefined ? null : version(latest),
  ...more,
})

const DIGITS = model('digits', NEW, { run_count: 12_345, description: 'Reads digits\u001b[2J\nwell' })
const OTHERS = [
  model('empty', undefined, { visibility: 'private' }),
  model('other', OTHER, { description: 'x'.repeat(200) }),
]

let url: string
let created: unknown[]
beforeEach(async () => {
  created = []
  const { port } = await serve(async (request, response) => {
    const answer = await answerTo(request)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { detail: 'The requested resource could not be found' }))
  })
  url = `http://127.0.0.1:${port}`
})

async function answerTo(request: IncomingMessage): Promise<unknown> {
  const page = (next: string | null, ...results: unknown[]) => ({ next, previous: null, results })
  switch (`${request.method} ${request.url}`) {
    case 'GET /v1/models':
      // The server knows itself by a name that cannot be reached from everywhere.
      return page('https://models.example/v1/models?cursor=2', DIGITS)
    case 'GET /v1/models?cursor=2':
      return page(null, ...OTHERS)
    case 'GET /v1/models/acme/digits':
      return DIGITS
    case 'GET /v1/models/acme/empty':
      return OTHERS[0]
    case 'GET /v1/models/acme/digits/versions':
      return page(null, version(NEW), version(OLD))
    case 'GET /v1/models/acme/empty/versions':
      return page(null)
    case 'GET /v1/models/acme/other/versions':
      return page(null, version(OTHER))
    case 'POST /v1/predictions': {
      const pieces: Buffer[] = await Array.fromAsync(request)
      created.push(JSON.parse(Buffer.concat(pieces).toString()))
      return {
        id: 'p',
        status: 'succeeded',
        output: 'seven',
        logs: '',
        error: null,
        urls: { get: `${url}/v1/predictions/p` },
      }
    }
    default:
      return
  }
}

const show = (...args: string[]) => runCommand(models, [...args, '--url', url])
const run = (...args: string[]) => runCommand(predict, [...args, '--url', url])

test('the models of every page are listed in columns', async () => {
  const { code, stdout } = await show()
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'NAME         VISIBILITY  VERSION       RUNS   DESCRIPTION',
    'acme/digits  public      aaaaaaaa1100  12345  Reads digits [2J well',
    'acme/empty   private                   0',
    `acme/other   public      bbbbbbbb2200  0      ${'x'.repeat(79)}…`,
    '',
  ])
})

test('one model is shown with its inputs in their order, and its versions', async () => {
  const { code, stdout } = await show('acme/digits')
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'acme/digits (public, 12345 runs)',
    'Reads digits [2J well',
    '',
    'Inputs',
    '  image  file                     required                       A digit',
    '  top_k  integer                  default 3        1 to 10       How many labels',
    '  size   string                   default "small"  small, large',
    '  hints  array of number or null',
    '  loop   anything',
    '',
    'Output',
    '  string, streamed one by one',
    '',
    'Versions',
    `  ${NEW}  ${TIME}`,
    `  ${OLD}  ${TIME}`,
    '',
  ])
})

test('a model without versions is shown', async () => {
  expect((await show('acme/empty')).stdout).toBe('acme/empty (private, 0 runs)\n\nVersions\n')
})

test.each<[what: string, args: string[], reason: RegExp]>([
  ['a model that is not there', ['acme/none'], /The server refused: The requested resource could not be found/],
  ['no name', ['digits'], /"reprise models owner\/name" shows one/],
  ['more than one', ['acme/digits', 'acme/other'], /"reprise models owner\/name" shows one/],
])('with %s it fails and says why', async (_what, args, reason) => {
  expect(await show(...args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(reason) })
})

test('asked to stop, it waits for no answer', async () => {
  const { port, asked } = await silent()
  const run = startReprise(['models', '--url', `http://127.0.0.1:${port}`])
  await asked
  run.process.kill('SIGINT')
  expect(await run.ended).toEqual({ code: 1, stdout: '', stderr: 'Stopped\n' })
})

/** A server that never answers. */
async function silent() {
  const asked = Promise.withResolvers<void>()
  const { port } = await serve(() => asked.resolve())
  return { port, asked: asked.promise }
}

describe('predict finds the version', () => {
  test.each<[target: string, id: string | undefined]>([
    ['acme/digits', NEW],
    [`acme/digits:${OLD}`, OLD],
    ['acme/digits:aaaaaaaa0000', OLD],
    [`${NEW}`, NEW],
    [`${OLD}`, OLD],
    ['bbbbbbbb', OTHER],
  ])('%s', async (target, id) => {
    const { code, stdout } = await run(target, '-i', 'image=https://models.example/7.png', '-i', 'top_k=2')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'seven\n' })
    expect(created).toEqual([{ version: id, input: { image: 'https://models.example/7.png', top_k: 2 } }])
  })

  test.each<[target: string, reason: RegExp]>([
    ['acme/empty', /acme\/empty has no version yet/],
    [`acme/digits:${'c'.repeat(64)}`, /The server lists no version acme\/digits:c+;/],
    ['cccccccc', /The server lists no version cccccccc;/],
    ['acme/digits:aaaaaaaa', /more than one version/],
    ['acme/digits:latest', /is no owner\/name, no owner\/name:version/],
    ['acme/digits:', /is no owner\/name/],
    ['digits', /is no owner\/name/],
  ])('but not %s', async (target, reason) => {
    expect(await run(target)).toMatchObject({ code: 1, stderr: expect.stringMatching(reason) })
    expect(created).toEqual([])
  })
})

test('the models of a server are listed, all pages of them, and shown one by one', async () => {
  const server = await testServer({ BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere', API_TOKENS: 'alice:a' })
  const call = callAs(server, 'a')
  const names = Array.from({ length: 30 }, (_, i) => `model-${i}`)
  const fields = { owner: 'alice', visibility: 'private', hardware: 'cpu', description: 'One of many' }
  for (const name of names) expect((await call('POST', '/v1/models', { ...fields, name })).status).toBe(201)
  const on = (...args: string[]) => runCommand(models, [...args, '--url', server.address, '--token', 'a'])
  const { code, stdout } = await on()
  expect(code).toBe(0)
  const [head, ...rows] = stdout.trimEnd().split('\n')
  expect(head).toMatch(/^NAME +VISIBILITY +VERSION +RUNS +DESCRIPTION$/)
  expect(rows.map((row) => row.split(/ +/)[0]).toSorted()).toEqual(names.map((name) => `alice/${name}`).toSorted())
  expect(rows[0]).toMatch(/^alice\/model-\d+ +private +0 +One of many$/)
  expect((await on('alice/model-7')).stdout).toBe('alice/model-7 (private, 0 runs)\nOne of many\n\nVersions\n')
  expect(await runCommand(models, ['alice/model-7', '--url', server.address])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/The server refused: You did not pass/),
  })
})
