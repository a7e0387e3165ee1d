import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { token as command } from '../../src/cli/token.ts'
import { type Ended, runCommand, runReprise } from '../support/command-line.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { testServer } from '../support/test-server.ts'
import { accountOf } from '../support/tokens.ts'

const NO_MODELS = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }

let server: TestServer
beforeAll(async () => {
  server = await startServer({ ...NO_MODELS, API_TOKENS: 'o,alice:a' })
})
afterAll(() => server.close())

function reprise(...args: string[]): Promise<Ended> {
  return runCommand(command, [...args, '--url', server.address, '--token', 'o'])
}

test('a token is made, listed and revoked', async () => {
  const made = await reprise('create', 'bob', '--description', 'the laptop\nat home')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^rp_[0-9A-Za-z]{40}\n$/) })
  const secret = made.stdout.trim()
  const id = /not shown again. Its id is (\w{26})\n$/.exec(made.stderr)?.[1] ?? expect.fail(made.stderr)
  expect(await accountOf(server, secret)).toBe('bob')

  const listed = await reprise('list')
  const [head, row] = listed.stdout.split('\n')
  expect(head).toMatch(/^ID +USERNAME +CREATED +LAST USED +DESCRIPTION$/)
  expect(row).toMatch(new RegExp(`^${id} +bob +\\S+Z +\\S+Z +the laptop at home$`))
  expect(listed.stderr).toBe('2 more are set by REPRISE_API_TOKENS\n')
  expect(listed.stdout).not.toContain(secret)

  expect(await reprise('revoke', id)).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('revoked') })
  expect(await accountOf(server, secret)).toBe(401)
  expect(await reprise('list')).toMatchObject({ code: 0, stdout: '' })
  expect(await reprise('revoke', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('no token of this id') })
})

test('the first one is told to close the server, by the command as it is installed', async () => {
  const open = await testServer(NO_MODELS)
  const none = await runReprise(['token', 'list', '--url', open.address])
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('open to everybody') })
  const refused = await runReprise(['token', 'create', 'alice', '--url', open.address])
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/make one for local first/) })
  const made = await runReprise(['token', 'create', 'local', '--url', open.address])
  expect(made).toMatchObject({ code: 0, stderr: expect.stringMatching(/from now on every request needs one/) })
  const environment = { REPRISE_URL: open.address, REPRISE_TOKEN: made.stdout.trim() }
  const listed = await runReprise(['token', 'list'], { environment })
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('local'), stderr: '' })
})

test('who is no operator is told so', async () => {
  const ended = await runCommand(command, ['list', '--url', server.address, '--token', 'a'])
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/alice is no operator/) })
})

describe('what makes no sense is answered with what does', () => {
  test.each([
    [[]],
    [['make', 'bob']],
    [['create']],
    [['create', 'bob', 'carol']],
    [['list', 'bob']],
    [['list', '--description', 'x']],
    [['revoke']],
    [['revoke', 'x', '--description', 'x']],
  ])('%j', async (args) => {
    expect(await reprise(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"reprise token create <username>" makes a token/),
    })
  })
})
