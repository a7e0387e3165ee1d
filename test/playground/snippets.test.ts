/** What can be copied works as it stands. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Call, SNIPPETS } from '../../playground/src/model/snippets.ts'
import { HELLO, startServer, type TestServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TEXT = `it's "quoted" $HOME \\ and ünïcode`

let server: TestServer
let call: Call
beforeAll(async () => {
  server = await startServer({ API_TOKENS: 'alice:of-alice' })
  call = { origin: server.address, token: true, model: 'replicate/hello-world', version: HELLO, input: { text: TEXT } }
})
afterAll(() => server.close())

const ENVIRONMENT = { ...process.env, REPLICATE_API_TOKEN: 'of-alice' }

function write(language: (typeof SNIPPETS)[number]['language']): string {
  const snippet = SNIPPETS.find((candidate) => candidate.language === language)
  if (!snippet) throw new Error(`There is no ${language}`)
  return snippet.write(call)
}

test('curl', async () => {
  const { stdout } = await run('bash', ['-c', write('curl')], { env: ENVIRONMENT })
  expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', output: `hello ${TEXT}` })
})

test('Node', async () => {
  // Beside the dependencies, where the client is found.
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', write('Node')], {
    cwd: ROOT,
    env: ENVIRONMENT,
  })
  expect(stdout).toBe(`hello ${TEXT}\n`)
})

test('Python and Go hold the input as they write it', async () => {
  call = { ...call, input: { text: TEXT, none: null, yes: true, list: [1, [2.5]], nested: { no: false } } }
  const file = join(testFolder(), 'snippet.py')
  writeFileSync(file, write('Python'))
  expect(write('Python')).toContain('"none": None,\n        "yes": True,\n        "list": [1, [2.5]],')
  expect(write('Go')).toContain('"none": nil,\n\t\t"yes": true,\n\t\t"list": []any{1, []any{2.5}},')
  // Where Python is at hand it says whether it is Python.
  await run('python3', ['-m', 'py_compile', file]).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
})
