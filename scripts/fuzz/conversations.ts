import { MULTIPART } from '../../test/support/multipart.ts'
import type { Random } from '../soak/random.ts'
import { mutateBytes, randomBytes } from './json.ts'
import { TOKENS, type World } from './world.ts'

type Step = { send: Buffer } | 'pause' | 'finish' | 'leave'

/** What a client does on one connection, of which HTTP knows nothing. */
export interface Conversation {
  name: string
  steps: readonly Step[]
  /** How many answers have to come at least. */
  answers: number
}

interface Scene {
  /** Headers that every request needs. */
  common: string
  world: World
  random: Random
}

const BODY = '{"version":"test/adds-batch","input":{"value":1}}'

export function conversationOf(world: World, random: Random): Conversation {
  const common = `Host: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${TOKENS[random.from(['alice', 'bob'] as const)]}\r\n`
  const [name, make] = random.from(Object.entries(CONVERSATIONS))
  return { name, ...make({ common, world, random }) }
}

const send = (text: string): Step => ({ send: Buffer.from(text, 'latin1') })
const account = ({ common }: Scene) => `GET /v1/account HTTP/1.1\r\n${common}\r\n`
const createHead = ({ common }: Scene, more: string) =>
  `POST /v1/predictions HTTP/1.1\r\n${common}Content-Type: application/json\r\n${more}\r\n`
const create = (scene: Scene) => createHead(scene, `Content-Length: ${BODY.length}\r\n`) + BODY

function said(answers: number, ...steps: Step[]): Omit<Conversation, 'name'> {
  return { answers, steps }
}

const CONVERSATIONS: Readonly<Record<string, (scene: Scene) => Omit<Conversation, 'name'>>> = {
  pipelining: (scene) => {
    const count = 2 + scene.random.below(20)
    return said(count, send(account(scene).repeat(count)))
  },
  'pipelined creates': (scene) => said(4, send((create(scene) + account(scene)).repeat(2))),
  'garbage behind a request': (scene) => said(1, send(account(scene)), { send: randomBytes(scene.random, 200) }),
  'half-closed': (scene) => said(0, send(account(scene)), 'finish'),
  'half-closed create': (scene) => said(0, send(create(scene)), 'finish'),
  slow: (scene) =>
    said(1, ...[...account(scene)].flatMap((char, i): Step[] => (i % 16 === 0 ? [send(char), 'pause'] : [send(char)]))),
  'slow body': (scene) => {
    const [head, half] = [createHead(scene, `Content-Length: ${BODY.length}\r\n`), BODY.length / 2]
    return said(1, send(head), 'pause', send(BODY.slice(0, half)), 'pause', send(BODY.slice(half)))
  },
  garbage: ({ random }) => said(0, { send: randomBytes(random, 1 + random.below(2_000)) }, 'finish'),
  'a request with damage': (scene) =>
    said(0, { send: mutateBytes(Buffer.from(create(scene)), scene.random) }, 'finish'),
  'nothing at all': () => said(0, 'finish'),
  'blank lines': (scene) => said(1, send(`\r\n\r\n${account(scene)}`)),
  TLS: () => said(0, { send: Buffer.from('16030100c8010000c40303', 'hex') }, 'finish'),
  'HTTP/2': () => said(0, send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'finish'),
  'HTTP/1.0': (scene) => said(1, send(account(scene).replace('HTTP/1.1', 'HTTP/1.0'))),
  'HTTP/1.0 without a host': ({ common }) =>
    said(1, send(`GET /v1/predictions HTTP/1.0\r\n${common.replace(/^Host.*\r\n/, '')}\r\n`)),
  'HTTP/1.1 without a host': ({ common }) =>
    said(1, send(`GET /v1/account HTTP/1.1\r\n${common.replace(/^Host.*\r\n/, '')}\r\n`)),
  'HTTP/0.9': () => said(0, send('GET /\r\n'), 'finish'),
  'other versions': ({ random, common }) =>
    said(
      1,
      send(
        `GET /v1/account ${random.from(['HTTP/1.2', 'HTTP/9.9', 'http/1.1', 'HTTP/1', 'HTTP/2.0', 'ICE/1.0', 'RTSP/1.0'])}\r\n${common}\r\n`,
      ),
    ),
  continue: (scene) =>
    said(1, send(createHead(scene, `Expect: 100-continue\r\nContent-Length: ${BODY.length}\r\n`)), 'pause', send(BODY)),
  'expecting something else': (scene) =>
    said(
      1,
      send(
        createHead(
          scene,
          `Expect: ${scene.random.from(['200-ok', 'nonsense', ''])}\r\nContent-Length: ${BODY.length}\r\n`,
        ) + BODY,
      ),
    ),
  'continue, and no body': (scene) =>
    said(0, send(createHead(scene, 'Expect: 100-continue\r\nContent-Length: 10\r\n')), 'pause', 'finish'),
  upgrade: ({ common, random }) =>
    said(
      1,
      send(
        `GET /v1/account HTTP/1.1\r\n${common}Connection: Upgrade\r\nUpgrade: ${random.from(['websocket', 'h2c', 'foo/2'])}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      ),
    ),
  TRACE: ({ common }) => said(1, send(`TRACE /v1/account HTTP/1.1\r\n${common}\r\n`)),
  CONNECT: ({ common, random }) =>
    said(
      1,
      send(`CONNECT ${random.from(['127.0.0.1:22', 'example.com:443', '/v1/account', '*'])} HTTP/1.1\r\n${common}\r\n`),
    ),
  'OPTIONS *': ({ common }) => said(1, send(`OPTIONS * HTTP/1.1\r\n${common}\r\n`)),
  'line feeds only': (scene) => said(0, send(account(scene).replaceAll('\r\n', '\n')), 'finish'),
  'a folded header': (scene) =>
    said(1, send(account(scene).replace('Authorization: ', 'X-A: b\r\n c\r\nAuthorization: '))),
  'a space before the colon': (scene) => said(1, send(account(scene).replace('Host:', 'Host :'))),
  'two lengths': (scene) => said(1, send(createHead(scene, 'Content-Length: 3\r\nContent-Length: 5\r\n') + BODY)),
  'a length and chunks': (scene) =>
    said(
      1,
      send(`${createHead(scene, 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n${account(scene)}`),
    ),
  'chunks of chunks': (scene) =>
    said(1, send(`${createHead(scene, 'Transfer-Encoding: chunked, identity\r\n')}0\r\n\r\n`)),
  'strange chunks': (scene) => {
    const chunk = scene.random.from([
      'ffffffffffffffff\r\na',
      'fffffffffffffffffff\r\na',
      '-1\r\na',
      '5\r\nabc',
      '0x5\r\nabcde\r\n',
      '5;'.padEnd(20_000, 'a'),
      '1\r\nab\r\n',
      '\r\n\r\n',
      ' 5\r\nabcde\r\n0\r\n\r\n',
    ])
    return said(0, send(createHead(scene, 'Transfer-Encoding: chunked\r\n') + chunk), 'pause', 'finish')
  },
  'a head without an end': ({ common, random }) =>
    said(
      0,
      send(`GET /v1/account HTTP/1.1\r\n${common}${'X-A: b\r\n'.repeat(random.from([1, 100, 20_000]))}`),
      'pause',
      'finish',
    ),
  'a line without an end': ({ random }) =>
    said(0, send(`GET /${'a'.repeat(random.from([10, 10_000, 200_000]))}`), 'pause', 'finish'),
  'leaving in a body': (scene) => said(0, send(createHead(scene, 'Content-Length: 1000\r\n') + BODY), 'pause', 'leave'),
  'leaving before the answer': (scene) =>
    said(0, send(createHead(scene, `Prefer: wait=5\r\nContent-Length: ${BODY.length}\r\n`) + BODY), 'leave'),
  'leaving a stream': ({ world, common, random }) =>
    said(
      0,
      send(
        `GET ${random.from(world.capabilities.filter((path) => /stream|strm-/.test(path)))} HTTP/1.1\r\n${common}\r\n`,
      ),
      'leave',
    ),
  'leaving a download': ({ world, common, random }) =>
    said(0, send(`GET ${random.from(world.capabilities)} HTTP/1.1\r\n${common}\r\n`), 'leave'),
  'leaving an upload': ({ common, random }) =>
    said(
      0,
      send(
        `POST /v1/files HTTP/1.1\r\n${common}Content-Type: ${MULTIPART['content-type']}\r\nContent-Length: 1000000\r\n\r\n------reprise-test-boundary\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n`,
      ),
      { send: randomBytes(random, 2_000) },
      'pause',
      random.from(['leave', 'finish'] as const),
    ),
  'leaving a push': ({ common, random }) =>
    said(
      0,
      send(
        `POST /v1/models/alice/made-1/versions HTTP/1.1\r\n${common}Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n200\r\n`,
      ),
      { send: randomBytes(random, 0x200) },
      'pause',
      random.from(['leave', 'finish'] as const),
    ),
}
