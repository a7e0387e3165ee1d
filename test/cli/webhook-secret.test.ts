import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { closedPort } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const reprise = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, 'webhook-secret', ...args])

let server: TestServer
beforeAll(async () => {
  server = await startServer({ API_TOKENS: 'alice:a,bob:b' })
})
afterAll(() => server.close())

async function secretOf(token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  return (await bodyOf<{ key: string }>(server.call('GET', '/v1/webhooks/default/secret', { headers }))).key
}

test('the secret of the account whose token it is is shown, and rotated', async () => {
  const [before, bobs] = [await secretOf('a'), await secretOf('b')]
  expect((await reprise('--url', server.address, '--token', 'a')).stdout).toBe(`${before}\n`)
  const { stdout } = await reprise('rotate', '--url', server.address, '--token', 'a')
  expect(stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/)
  expect(stdout).not.toBe(`${before}\n`)
  expect(`${await secretOf('a')}\n`).toBe(stdout)
  expect(await secretOf('b')).toBe(bobs)
})

test.each(['/', '/v1', '/v1/'])('the URL may end in %s', async (ending) => {
  const { stdout } = await reprise('--url', server.address + ending, '--token', 'b')
  expect(stdout).toBe(`${await secretOf('b')}\n`)
})

test.each<[what: string, args: string[], reason: RegExp]>([
  ['a wrong token', ['--token', 'wrong'], /The server refused: You did not pass a valid authentication token/],
  ['another verb', ['forget'], /"reprise webhook-secret rotate" makes another/],
  ['an unknown flag', ['--tokn', 'a'], /--tokn/],
])('with %s it fails and says why', async (_what, args, reason) => {
  await expect(reprise('--url', server.address, ...args)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(reason),
  })
})

test('without a server it fails and says why', async () => {
  const url = `http://127.0.0.1:${await closedPort()}`
  await expect(reprise('--url', url)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/),
  })
})
