import { linkSync, mkdirSync, symlinkSync, truncateSync, utimesSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Parser } from 'tar'
import { describe, expect, test } from 'vitest'
import { predict } from '../../src/cli/predict.ts'
import { push } from '../../src/cli/push.ts'
import { runCommand, startReprise } from '../support/command-line.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { closedPort, serve } from '../support/web-server.ts'

interface Entry {
  path: string
  type: string
  content: string
  /** Everything in its header that differs from one machine to the next. */
  traces: unknown[]
}

interface Pushed {
  method: string
  path: string
  headers: IncomingHttpHeaders
  entries: Entry[]
}

const VERSION = {
  id: 'c'.repeat(64),
  created_at: '2026-01-01T00:00:00.000Z',
  cog_version: '0.16.7',
  openapi_schema: {},
}

const created = (response: ServerResponse) => response.writeHead(201).end(JSON.stringify(VERSION))

/** A server that takes packages. */
async function receiver(answer: (response: ServerResponse) => void = created) {
  const pushed: Pushed[] = []
  const { port } = await serve(async (request, response) => {
    const entries: Entry[] = []
    const parser = new Parser({ strict: true })
    parser.on('entry', async (entry) => {
      const { path, type, uid, gid, uname, gname, mtime, atime, ctime } = entry
      const traces = [uid, gid, uname, gname, mtime, atime, ctime].filter(
        (trace) => trace !== undefined && trace !== '',
      )
      const index = entries.push({ path, type, content: '', traces }) - 1
      const content = Buffer.from(await entry.concat()).toString('latin1')
      entries[index] = { path, type, content, traces }
    })
    await pipeline(request, parser)
    pushed.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, entries })
    answer(response)
  })
  return { url: `http://127.0.0.1:${port}`, pushed }
}

function packageWith(files: Record<string, string | Buffer>): string {
  const dir = testFolder()
  writeFiles(dir, files)
  return dir
}

const send = (dir: string, url: string, ...more: string[]) =>
  runCommand(push, [dir, 'acme/digits', '--url', url, ...more])

test('a package is sent as a tar, and the id of the version printed', async () => {
  const { url, pushed } = await receiver()
  const dir = packageWith({ 'predict.ts': 'export default 1', 'weights/big.bin': Buffer.alloc(3_000_000, 'w') })
  expect(await send(dir, url, '--token', 'secret')).toEqual({ code: 0, stdout: `${VERSION.id}\n`, stderr: '' })
  expect(pushed).toMatchObject([
    {
      method: 'POST',
      path: '/v1/models/acme/digits/versions',
      headers: { 'content-type': 'application/x-tar', authorization: 'Bearer secret' },
      entries: [
        { path: 'predict.ts', type: 'File', content: 'export default 1' },
        { path: 'weights/big.bin', type: 'File', content: 'w'.repeat(3_000_000) },
      ],
    },
  ])
})

test('who watches sees how much has been sent', async () => {
  const { url } = await receiver()
  const dir = packageWith({ 'model.onnx': Buffer.alloc(3 * 2 ** 20) })
  const { stderr } = await runCommand(push, [dir, 'acme/digits', '--url', url], { watched: true })
  const shown = stderr.split('\r\x1b[K')
  expect(shown).toContain('sent 1.5 MiB of 3 MiB')
  expect(shown.slice(-3)).toEqual(['sent 3 MiB of 3 MiB', 'sent; the server looks at it', ''])
})

test('what describes the model is sent, what is hidden or installed is not, and all in order', async () => {
  const { url, pushed } = await receiver()
  const long = `${'long/'.repeat(40)}näme.txt`
  const dir = packageWith({
    'z.txt': '',
    'model.yaml': '',
    'README.md': '',
    'cover.png': '',
    'examples/one.json': '',
    'examples/cover.png': '',
    '@odd.txt': 'odd',
    '.env': '',
    '.git/config': '',
    'node_modules/some/index.js': '',
    'data/node_modules/index.js': '',
    [long]: 'far',
  })
  expect(await send(dir, url)).toMatchObject({ code: 0 })
  expect(pushed[0]?.entries.map(({ path }) => path)).toEqual([
    '@odd.txt',
    'README.md',
    'cover.png',
    'examples/cover.png',
    'examples/one.json',
    long,
    'model.yaml',
    'z.txt',
  ])
})

test('links to files are sent as files', async () => {
  const { url, pushed } = await receiver()
  const dir = packageWith({ 'model.onnx': 'network' })
  symlinkSync('model.onnx', join(dir, 'soft.onnx'))
  linkSync(join(dir, 'model.onnx'), join(dir, 'hard.onnx'))
  expect(await send(dir, url)).toMatchObject({ code: 0 })
  expect(pushed[0]?.entries).toMatchObject(
    ['hard.onnx', 'model.onnx', 'soft.onnx'].map((path) => ({ path, type: 'File', content: 'network' })),
  )
})

test('nothing tells whose the files are and when they were written', async () => {
  const { url, pushed } = await receiver()
  const dir = packageWith({ 'predict.js': '1' })
  expect(await send(dir, url)).toMatchObject({ code: 0 })
  utimesSync(join(dir, 'predict.js'), 1, 1)
  expect(await send(dir, url)).toMatchObject({ code: 0 })
  expect(pushed.map(({ entries }) => entries[0]?.traces)).toEqual([[], []])
})

describe('a failure is shown', () => {
  const refuse = (status: number, problem: object) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))

  test('with the logs of a setup that failed', async () => {
    const { url } = await receiver(refuse(422, { detail: 'The setup failed: no labels', logs: 'reading labels\n' }))
    expect(await send(packageWith({ 'predict.ts': '' }), url)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'reading labels\nThe server refused: The setup failed: no labels\n',
    })
  })

  test('of a server that answers before it has read all', async () => {
    const { port } = await serve((request, response) => {
      refuse(413, { detail: 'The package is too large' })(response)
      request.resume()
    })
    const dir = packageWith({ 'model.onnx': Buffer.alloc(20_000_000) })
    expect(await send(dir, `http://127.0.0.1:${port}`)).toMatchObject({
      code: 1,
      stderr: 'The server refused: The package is too large\n',
    })
  })

  test('of a line that breaks', async () => {
    const { port } = await serve((request) => void request.once('data', () => request.destroy()))
    const dir = packageWith({ 'model.onnx': Buffer.alloc(20_000_000) })
    const ended = await send(dir, `http://127.0.0.1:${port}`)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/The server at .* cannot be reached: /) })
  })

  test('of a file that changes while it is sent', async () => {
    const dir = packageWith({ 'model.onnx': Buffer.alloc(20_000_000) })
    const { port } = await serve((request) => {
      request.once('data', () => {
        truncateSync(join(dir, 'model.onnx'), 1_000)
        request.resume()
      })
      request.on('error', () => {})
    })
    const ended = await send(dir, `http://127.0.0.1:${port}`)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^\/.* cannot be read: .*EOF/) })
  })

  test('of somebody who asks to stop', async () => {
    const asked = Promise.withResolvers<void>()
    const { port } = await serve(() => asked.resolve())
    const dir = packageWith({ 'model.onnx': Buffer.alloc(20_000_000) })
    const run = startReprise(['push', dir, 'acme/digits', '--url', `http://127.0.0.1:${port}`])
    await asked.promise
    run.process.kill('SIGINT')
    expect(await run.ended).toEqual({ code: 1, stdout: '', stderr: 'Stopped\n' })
  })

  test('when nobody listens', async () => {
    const ended = await send(packageWith({ 'predict.ts': '' }), `http://127.0.0.1:${await closedPort()}`)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/) })
  })

  test('of something else than Reprise', async () => {
    const { url } = await receiver((response) => void response.end('<html>'))
    const ended = await send(packageWith({ 'predict.ts': '' }), url)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/something else than a version/) })
  })
})

describe('before anything is sent it is refused', () => {
  test.each<[what: string, args: (dir: string) => string[], reason: RegExp]>([
    ['without a name', (dir) => [dir], /Say what to send and as which model/],
    ['with more words', (dir) => [dir, 'acme/digits', 'more'], /Say what to send and as which model/],
    ['with half a name', (dir) => [dir, 'digits'], /named owner\/name.*"digits" is not/],
    ['with too long a name', (dir) => [dir, 'a/b/c'], /"a\/b\/c" is not/],
    ['with a name that leads elsewhere', (dir) => [dir, '../digits'], /"..\/digits" is not/],
    ['a folder that is not there', (dir) => [join(dir, 'gone'), 'acme/digits'], /There is no folder .*gone/],
    ['a file', (dir) => [join(dir, 'notes.txt'), 'acme/digits'], /There is no folder .*notes\.txt/],
    [
      'a folder that is no package',
      (dir) => [dir, 'acme/digits'],
      /is no package: a package is a folder with predict\.ts/,
    ],
  ])('%s', async (_what, args, reason) => {
    const dir = packageWith({ 'notes.txt': '', 'sub/model.onnx': '' })
    const ended = await runCommand(push, [...args(dir), '--url', `http://127.0.0.1:${await closedPort()}`])
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(reason) })
    expect(ended.stderr).not.toMatch(/cannot be reached/)
  })

  test('a link to a folder, and a link to nothing', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const dir = packageWith({ 'predict.ts': '' })
    mkdirSync(join(dir, 'real'))
    symlinkSync('real', join(dir, 'linked'))
    expect((await send(dir, url)).stderr).toMatch(/linked is a link to a folder; put the folder itself/)
    const broken = packageWith({ 'predict.ts': '' })
    symlinkSync('gone', join(broken, 'linked'))
    expect((await send(broken, url)).stderr).toMatch(/cannot be read: ENOENT.*linked/)
  })
})

test('what was pushed to a server can be run there by its name and by the id that was printed', async () => {
  const server = await testServer({ BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' })
  const dir = packageWith({ 'predict.ts': echo('pushed'), 'README.md': '# Pushed', 'data/words.txt': 'words' })
  const url = ['--url', server.address]
  const { code, stdout } = await runCommand(push, [dir, 'local/echo', ...url])
  expect(code).toBe(0)
  const version = stdout.trim()
  expect(version).toMatch(/^[0-9a-f]{64}$/)
  for (const target of ['local/echo', version, `local/echo:${version}`])
    expect(await runCommand(predict, [target, '-i', 'text=hello', ...url])).toMatchObject({
      code: 0,
      stdout: 'pushed hello\n',
    })

  const broken = packageWith({ 'predict.ts': `console.log('begins')\n${echo().replace('predict:', 'other:')}` })
  expect(await runCommand(push, [broken, 'local/echo', ...url])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/The server refused: /),
  })
  expect((await runCommand(predict, ['local/echo', '-i', 'text=again', ...url])).stdout).toBe('pushed again\n')
})
