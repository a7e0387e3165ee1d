import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { predict } from '../../src/cli/predict.ts'
import { runCommand, runReprise, startReprise } from '../support/command-line.ts'
import { tokens } from '../support/event-reader.ts'
import { decodePicture, encodePng } from '../support/pictures.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const MODELS_DIR = someModels(
  'describes-files',
  'every-type',
  'makes-files',
  'streams-files',
  'talks',
  'tokens',
  'waits',
)

const FILES_ONLY = someModels('makes-files')

let server: TestServer
beforeAll(async () => {
  server = await startServer({ MODELS_DIR, API_TOKENS: 'alice:secret', PRIVATE_NETWORK: 'on' })
})
afterAll(() => server.close())

const flags = () => ['--url', server.address, '--token', 'secret']
const run = (args: string[], options?: { input?: string; watched?: boolean }) =>
  runCommand(predict, [...args, ...flags()], options)
const alone = (args: string[], cwd: string, input = '') =>
  runReprise(['predict', ...args], {
    cwd,
    input,
    environment: { REPRISE_URL: server.address, REPRISE_TOKEN: 'secret' },
  })
const call: TestServer['call'] = (method, path, options) =>
  server.call(method, path, { ...options, headers: { authorization: 'Bearer secret' } })

describe('output goes to standard output', () => {
  test('a text as it is', async () => {
    const ended = await alone(['replicate/hello-world', '-i', 'text=Alice'], testFolder())
    expect(ended).toEqual({ code: 0, stdout: 'hello Alice\n', stderr: expect.any(String) })
  })

  test('everything else as JSON, made of inputs in the types that the model takes', async () => {
    const inputs = ['text=abc', 'count=3', 'ratio=.25', 'flag=true', 'style=fancy', 'nothing=null']
    const lists = ['tags=one', 'tags=["two","three"]']
    const { code, stdout } = await run(['test/every-type', ...[...inputs, ...lists].flatMap((pair) => ['-i', pair])])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      text: 'abc',
      count: 3,
      ratio: 0.25,
      step: 8,
      flag: true,
      style: 'fancy',
      nothing: 'null',
      tags: ['one', 'two', 'three'],
    })
  })

  test('a streamed text while it is made', async () => {
    const run = startReprise(['predict', 'test/talks', '-i', 'words=1', '-i', 'hang=true', ...flags()])
    // It is shown although the model does not end.
    const shown = await new Promise((resolve) => run.process.stdout?.once('data', resolve))
    expect(String(shown)).toBe('word 0 ')
    run.process.kill('SIGINT')
    expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/Canceled\n$/) })
  })

  test('a streamed text whole and in order, with an end of line', async () => {
    expect(await run(['test/tokens', '-i', 'count=2000'])).toMatchObject({ code: 0, stdout: tokens(2000) })
    expect(await run(['test/talks', '-i', 'words=2'])).toMatchObject({ code: 0, stdout: 'word 0 word 1 \n' })
    expect(await run(['test/tokens', '-i', 'count=0'])).toMatchObject({ code: 0, stdout: '' })
  })

  test('of the bundled storyteller', async () => {
    const { code, stdout } = await run([
      'reprise/storyteller',
      '-i',
      'prompt=Once upon',
      '-i',
      'max_tokens=12',
      '-i',
      'seed=3',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ a time, .*\n$/)
  })

  test('with --json the whole prediction instead', async () => {
    const { code, stdout } = await run(['test/tokens', '-i', 'count=2', '--json'])
    expect(code).toBe(0)
    const { id, ...prediction } = JSON.parse(stdout)
    expect(prediction).toMatchObject({ status: 'succeeded', output: ['token 0\n', 'token 1\n'], input: { count: 2 } })
    expect(prediction).toEqual({ ...(await bodyOf<object>(call('GET', `/v1/predictions/${id}`))), id: undefined })
  })
})

test('logs go to standard error, each line once', async () => {
  const { stdout, stderr } = await run(['test/talks', '-i', 'words=6', '-i', 'lines=6', '-i', 'duration_ms=300'])
  expect(stderr.replace(/^Load.*\n/gm, '')).toBe('line 0\nline 1\nline 2\nline 3\nline 4\nline 5\n')
  expect(stdout).toBe('word 0 word 1 word 2 word 3 word 4 word 5 \n')
})

test('who watches sees what the prediction is doing', async () => {
  const { stderr } = await run(['test/tokens', '-i', 'count=1', '-i', 'pause_ms=300'], { watched: true })
  expect(stderr).toContain('\r\x1b[Kprocessing for 0 s')
  expect(stderr.endsWith('\r\x1b[K')).toBe(true)
})

test.each([[[]], [['--json']]])('a prediction that fails ends with its error %s', async (more) => {
  const { code, stdout, stderr } = await run(['test/tokens', '-i', 'count=2', '-i', 'fail=true', ...more])
  expect(code).toBe(1)
  expect(stderr).toMatch(/(?:^|\n)The tokens ran out\n$/)
  if (more.length === 0) expect(stdout).toBe(tokens(2))
  else expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: 'The tokens ran out' })
})

describe('files of the input', () => {
  test('are uploaded where the model takes files, and read where it takes text', async () => {
    const dir = testFolder()
    writeFileSync(join(dir, 'a.txt'), 'first\n')
    writeFileSync(join(dir, 'b.txt'), 'second')
    const inputs = ['file=@a.txt', 'files=@a.txt', 'files=@b.txt', 'text=@a.txt', 'values=@-']
    const { code, stdout } = await alone(
      ['test/describes-files', ...inputs.flatMap((pair) => ['-i', pair])],
      dir,
      '[1,2]\n',
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: { name: 'a.txt', contentType: 'text/plain', size: 6 },
      files: [
        { name: 'a.txt', size: 6 },
        { name: 'b.txt', size: 6 },
      ],
      text: { length: 5, begin: 'first' },
      values: 2,
    })
  })

  test('standard input can be a file', async () => {
    const { stdout } = await run(['test/describes-files', '-i', 'file=@-'], { input: 'some bytes' })
    expect(JSON.parse(stdout)).toMatchObject({ file: { name: 'stdin', size: 10 } })
  })

  test('a text may begin with @', async () => {
    expect(await run(['replicate/hello-world', '-i', 'text=@@alice'])).toMatchObject({ stdout: 'hello @alice\n' })
  })

  test('an object of inputs is read from a file or standard input, and -i wins over it', async () => {
    const input = JSON.stringify({ text: 'abc', count: 2, unknown: 1 })
    const { stdout } = await run(['test/every-type', '--input-json', '-', '-i', 'count=4'], { input })
    expect(JSON.parse(stdout)).toMatchObject({ text: 'abc', count: 4 })
  })
})

describe('files of the output are written', () => {
  test('into the current folder, under the names that the model gave them', async () => {
    const [dir, picture] = [
      testFolder(),
      { width: 8, height: 6, channels: 3 as const, data: new Uint8Array(8 * 6 * 3) },
    ]
    writeFileSync(join(dir, 'small.png'), await encodePng(picture))
    const ended = await alone(['reprise/upscaler', '-i', 'image=@small.png', '-i', 'scale=4'], dir)
    expect(ended).toMatchObject({ code: 0, stdout: 'small-4x.png\n' })
    expect(await decodePicture(readFileSync(join(dir, 'small-4x.png')))).toMatchObject({ width: 32, height: 24 })
    expect(readdirSync(dir).sort()).toEqual(['small-4x.png', 'small.png'])
  })

  test('wherever they stand in it', async () => {
    const dir = testFolder()
    const { code, stdout } = await run(['test/makes-files', '-i', 'shape=object', '-i', 'name=../ö.txt', '-o', dir])
    expect(code).toBe(0)
    expect(readdirSync(dir).sort()).toEqual(['ö-2.txt', 'ö.txt'])
    expect(readFileSync(join(dir, 'ö.txt'), 'utf8')).toBe('hello 1')
    expect(JSON.parse(stdout)).toMatchObject({
      caption: 'hello',
      pictures: { first: expect.stringMatching(/ö\.txt$/), rest: [expect.stringMatching(/ö-2\.txt$/)] },
    })
  })

  test('one by one, when the model streams them', async () => {
    const dir = testFolder()
    const { code, stdout } = await run(['test/streams-files', '-o', dir])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(3)
    expect(readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'))).toEqual([
      'file 0',
      'file 1',
      'file 2',
    ])
  })

  test('to the path that is asked for', async () => {
    const path = join(testFolder(), 'mine.txt')
    expect(await run(['test/makes-files', '-o', path])).toMatchObject({ code: 0 })
    expect(readFileSync(path, 'utf8')).toBe('hello')
    expect(await run(['test/makes-files', '-o', path, '-i', 'content=new'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/mine\.txt is there already/),
    })
    expect(await run(['test/makes-files', '-o', path, '-i', 'content=new', '--force'])).toMatchObject({ code: 0 })
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  test('not over another file; its URL is told, so that nothing is lost', async () => {
    const dir = testFolder()
    writeFileSync(join(dir, 'greeting.txt'), 'mine')
    const { code, stdout, stderr } = await run(['test/makes-files', '-o', dir])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/greeting\.txt is there already/) })
    expect(await (await fetch(stdout.trim())).text()).toBe('hello')
    expect(readFileSync(join(dir, 'greeting.txt'), 'utf8')).toBe('mine')
  })

  test('also when the server puts their bytes into the answer', async () => {
    const inlining = await testServer({ MODELS_DIR: FILES_ONLY, BUNDLED_MODELS: 'off', FILE_OUTPUTS: 'data-uri' })
    const dir = testFolder()
    const { code, stdout } = await runCommand(predict, ['test/makes-files', '-o', dir, '--url', inlining.address])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/output\.txt\n$/) })
    expect(readFileSync(join(dir, 'output.txt'), 'utf8')).toBe('hello')
  })

  test('but of addresses that only stand in a text none is fetched', async () => {
    const dir = testFolder()
    mkdirSync(join(dir, 'out'))
    const text = `${server.address}/v1/models/test/tokens`
    const { stdout } = await run(['test/every-type', '-i', 'text=abc', '-i', `nothing=${text}`, '-o', join(dir, 'out')])
    expect(JSON.parse(stdout)).toMatchObject({ nothing: text })
    expect(readdirSync(join(dir, 'out'))).toEqual([])
  })
})

describe('asked to stop, it cancels the prediction', () => {
  test.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])('%s', async (signal) => {
    const waiting = waitingRun(signal)
    const input = JSON.stringify(waiting.input)
    const run = startReprise(['predict', 'test/waits', '--input-json', '-', ...flags()], { input })
    await waiting.started()
    run.process.kill(signal)
    expect(await run.ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/Canceled\n$/) })
    await waiting.canceled()
  })

  test('also when the reader of its output has gone', async () => {
    const run = startReprise(['predict', 'test/tokens', '-i', 'count=100000', '-i', 'pause_ms=5', ...flags()])
    await new Promise((resolve) => run.process.stdout?.once('data', resolve))
    run.process.stdout?.destroy()
    expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/Canceled\n$/) })
  })
})

test('a prediction that another client cancels ends with a failure', async () => {
  const waiting = waitingRun('other')
  const ending = run(['test/waits', '--input-json', '-'], { input: JSON.stringify(waiting.input) })
  await waiting.started()
  const { results } = await bodyOf<{ results: { id: string }[] }>(call('GET', '/v1/predictions'))
  await call('POST', `/v1/predictions/${results[0]?.id}/cancel`)
  expect(await ending).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/The prediction was canceled\n$/),
  })
})

describe('before anything runs it is refused', () => {
  test.each<[what: string, args: string[], reason: RegExp]>([
    ['no model', [], /Say which model to run/],
    ['two models', ['test/tokens', 'test/talks'], /Say which model to run/],
    ['an unknown model', ['test/none'], /could not be found/],
    [
      'an input that the model does not have',
      ['test/tokens', '-i', 'cuont=3'],
      /no input cuont; it takes count, pause_ms, fail/,
    ],
    ['an input without a value', ['test/tokens', '-i', 'count'], /given as -i name=value, not "count"/],
    ['an input of another type', ['test/tokens', '-i', 'count=many'], /count takes integer, not "many"/],
    ['one value too many', ['test/tokens', '-i', 'count=1', '-i', 'count=2'], /count takes one value and was given 2/],
    [
      'a value that the model does not take',
      ['test/tokens', '-i', 'count=-1'],
      /refused:\n- input\.count: Must be greater/,
    ],
    ['a file that is not there', ['test/describes-files', '-i', 'file=@gone.png'], /gone\.png cannot be read: ENOENT/],
    ['a folder as a file', ['test/describes-files', '-i', 'file=@/'], /The file \/ cannot be read: EISDIR/],
    ['bytes that are no text', ['replicate/hello-world', '-i', `text=@${process.execPath}`], /is too long|is no text/],
    [
      'standard input twice',
      ['test/every-type', '-i', 'text=@-', '--input-json', '-'],
      /Standard input can be read for one/,
    ],
    ['no JSON', ['test/tokens', '--input-json', '-'], /Standard input is not valid JSON/],
    ['a folder for files that is not there', ['test/makes-files', '-o', '/no/such/'], /There is no folder \/no\/such/],
    ['--json with --output', ['test/makes-files', '--json', '-o', '.'], /--json leaves files on the server/],
    ['an unknown flag', ['test/tokens', '--cuont', '3'], /--cuont/],
  ])('%s', async (_what, args, reason) => {
    const input = args.includes('text=@-') ? '{}' : 'text'
    expect(await run(args, { input })).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(reason) })
  })

  test('a wrong token', async () => {
    const ended = await runCommand(predict, ['test/tokens', '--url', server.address, '--token', 'wrong'])
    expect(ended.stderr).toMatch(/did not pass a valid authentication token/)
  })
})
