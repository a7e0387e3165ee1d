import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connection } from '../../scripts/fuzz/connection.ts'
import { startServer, type TestServer } from '../support/server.ts'

const PATIENCE_MS = 10_000

let server: TestServer
beforeAll(async () => {
  server = await startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' })
})
afterAll(() => server.close())

/** What is answered to the bytes of a request, or what is none. */
async function answerTo(text: string) {
  const connection = await Connection.open(Number(new URL(server.address).port))
  connection.send(Buffer.from(text, 'latin1'))
  const answer = await connection.answer(false, PATIENCE_MS)
  const ended = answer?.closes ? await connection.end(PATIENCE_MS) : false
  connection.close()
  return { ...answer, ended, problem: JSON.parse(answer?.body.toString() ?? '{}') }
}

describe('what Node would refuse by itself is refused with a reason', () => {
  test.each([
    ['no HTTP', 'garbage\r\n\r\n', 400, /^The request is not valid HTTP: /],
    [
      'a head that is too long',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      /longer than 16 KiB/,
    ],
    ['a CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405, /"CONNECT" not allowed/],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', 417, /expected of it: tea/],
  ])('%s', async (_what, text, status, detail) => {
    const answer = await answerTo(text)
    expect(answer).toMatchObject({ status, closes: true, ended: true })
    expect(answer.headers?.['content-type']).toBe('application/problem+json')
    expect(answer.problem).toMatchObject({ status, detail: expect.stringMatching(detail) })
  })

  test('HTTP/1.1 without a Host', async () => {
    const answer = await answerTo('GET /v1/account HTTP/1.1\r\n\r\n')
    expect(answer.problem).toEqual({ title: 'Bad Request', detail: expect.stringMatching(/no Host/), status: 400 })
  })

  test('HTTP/1.0 needs none', async () => {
    expect((await answerTo('GET /v1/account HTTP/1.0\r\n\r\n')).status).toBe(200)
  })
})

test('a client that goes on sending is told why it is not heard', async () => {
  for (let i = 0; i < 10; i++) {
    const { problem } = await answerTo(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(500_000)}\r\n\r\n`)
    expect(problem.status).toBe(431)
  }
})

test('a client that stays after it was refused is left', async () => {
  const connection = await Connection.open(Number(new URL(server.address).port))
  connection.send(Buffer.from('garbage\r\n\r\n'))
  await connection.end(PATIENCE_MS)
  const connections = () =>
    new Promise((resolve) => server.app.server.getConnections((_error, count) => resolve(count)))
  await expect.poll(connections, { timeout: PATIENCE_MS }).toBe(0)
  connection.close()
})
