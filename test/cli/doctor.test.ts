import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examine, type Line } from '../../src/doctor/examine.ts'
import { type Ended, runReprise } from '../support/command-line.ts'
import { openDatabase } from '../support/data-folder.ts'
import { writeFiles } from '../support/packages.ts'
import { create } from '../support/requests.ts'
import { type Settings, startServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'

const MODELS = someModels('marker')
const LITTLE = { BUNDLED_MODELS: 'off', MODELS_DIR: MODELS, PORT: '0' }

/** A data folder as a server has left it; to be copied. */
const used = makeFolder()
beforeAll(async () => {
  const server = await startServer({ ...LITTLE, DATA_DIR: used })
  await create(server, 'test/marker', run(used))
  await server.close()
})
afterAll(() => removeFolder(used))

function run(dir: string) {
  return { file: join(dir, 'runs'), label: 'once' }
}

function usedFolder(): string {
  const dataDir = testFolder()
  cpSync(used, dataDir, { recursive: true })
  return dataDir
}

interface Surroundings {
  args?: string[]
  environment?: NodeJS.ProcessEnv
}

/** Runs the command with settings as variables. */
function doctor(settings: Settings, { args = [], environment = {} }: Surroundings = {}): Promise<Ended> {
  const variables = Object.entries({ ...LITTLE, ...settings }).map(([name, value]) => [`REPRISE_${name}`, value])
  return runReprise(['doctor', ...args], { environment: { ...Object.fromEntries(variables), ...environment } })
}

/** A search path on which there is only this driver. */
function gpuDriver(script: string): NodeJS.ProcessEnv {
  const bin = testFolder()
  writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: bin }
}

describe('where all is well', () => {
  test('there is a line for each thing, and the exit code is 0, while the server runs and after', async () => {
    const dataDir = testFolder()
    const server = await testProcess(dataDir, LITTLE)
    const settings = { DATA_DIR: dataDir, PORT: new URL(server.address).port }
    const running = await doctor(settings)
    expect(running.code, running.stdout + running.stderr).toBe(0)
    expect(running.stderr).toBe('')
    const lines = running.stdout.trim().split('\n')
    expect(lines.map((line) => /^(?:ok|warning) +(\S+(?: folder)?) /.exec(line)?.[1])).toEqual([
      'node',
      'configuration',
      'data folder',
      'database',
      'tokens',
      'addresses',
      'port',
      'clock',
      'threads',
      'memory',
      'models',
      'engine',
      'GPU',
    ])
    expect(running.stdout).toMatch(/data folder +.* a server uses it$/m)
    expect(running.stdout).toMatch(/port +reprise listens on/)
    expect(running.stdout).toMatch(/models +1 can be served: test\/marker$/m)
    expect(running.stdout).toMatch(/engine +onnxruntime-node \d+\.\d+\.\d+, with cpu, /)

    // It keeps nobody from working, neither the server that runs nor the next.
    await create(server, 'test/marker', run(dataDir))
    expect(await server.stop('SIGTERM')).toBe(0)
    const stopped = await doctor(settings, { args: ['--json'] })
    expect(stopped.code, stopped.stdout + stopped.stderr).toBe(0)
    const found: Line[] = JSON.parse(stopped.stdout)
    expect(found.find(({ check }) => check === 'data folder')?.text).toMatch(/no server uses it$/)
    expect(found.find(({ check }) => check === 'port')?.text).toMatch(/is free$/)
    const next = await testProcess(dataDir, LITTLE)
    expect(await next.stop('SIGTERM')).toBe(0)
  })

  test('a folder that is not there yet is told to be made, and not made', async () => {
    const dataDir = join(testFolder(), 'new', 'data')
    const { code, stdout } = await doctor({ DATA_DIR: dataDir })
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/^ok +data folder +.* is made at the first start/m)
    expect(existsSync(dataDir)).toBe(false)
  })
})

/** Makes things wrong that do not hide each other. */
type MakeWrong = () => [Settings, Surroundings?] | Promise<[Settings, Surroundings?]>

test.each<[string, MakeWrong, RegExp[]]>([
  [
    'wrong settings',
    () => [{ THREADS: 'all', PROT: '1' }, { args: ['--memory', 'much'] }],
    [
      /^problem +configuration +REPRISE_THREADS is "all", but has to be/m,
      /^problem +configuration +--memory is "much", but has to be/m,
      /^warning +configuration +REPRISE_PROT is set, but there is no such setting; /m,
      /^warning +the rest +.*; correct the configuration/m,
    ],
  ],
  [
    'no folder, broken packages, a foreign port, too much memory, too many threads, tokens that nobody can manage',
    async () => {
      const dataDir = join(testFolder(), 'data')
      writeFileSync(dataDir, '')
      const models = testFolder()
      mkdirSync(join(models, 'acme', 'my model'), { recursive: true })
      writeFiles(models, { 'acme/broken/predict.ts': 'export default 42', 'acme/odd/model.yaml': 'task: juggle' })
      const { port } = await serve((_request, response) => response.end('{}'))
      return [
        {
          DATA_DIR: dataDir,
          MODELS_DIR: `${models}:${MODELS}:/nowhere`,
          PORT: String(port),
          MEMORY: '900000GiB',
          THREADS: '1024',
          API_TOKENS: 'alice:x',
          PUBLIC_URL: 'http://box.example',
        },
      ]
    },
    [
      /^problem +data folder +\S+ is no folder; /m,
      /^problem +models +acme\/broken is not served: .*; mend \S+acme\/broken$/m,
      /^problem +models +acme\/odd is not served: There is no predict\.ts/m,
      /^warning +models +\S+my model holds no model: its name has characters/m,
      /^warning +models +\/nowhere holds no model: ENOENT/m,
      /^ok +models +1 can be served: test\/marker$/m,
      /^problem +port +something else than reprise listens on 127\.0\.0\.1:\d+; /m,
      /^problem +memory +REPRISE_MEMORY is 900000 GiB, more than/m,
      /^warning +threads +REPRISE_THREADS is 1024, but/m,
      /^warning +tokens +1 in REPRISE_API_TOKENS, 0 in the database, and none of an operator/m,
      /^warning +addresses +REPRISE_PUBLIC_URL is http:\/\/box\.example: tokens/m,
    ],
  ],
  [
    'a database that is none, the port of another server, a driver that fails',
    async () => {
      const dataDir = testFolder()
      writeFileSync(join(dataDir, 'reprise.sqlite'), 'nonsense'.repeat(1_000))
      const other = await testServer({ ...LITTLE, MODELS_DIR: '/nowhere' })
      const { port } = new URL(other.address)
      return [{ DATA_DIR: dataDir, PORT: port }, { environment: gpuDriver('echo no driver; exit 9') }]
    },
    [
      /^problem +database +\S+ cannot be read: file is not a database; .*put back a copy/m,
      /^problem +port +a reprise with another data folder listens on/m,
      /^warning +tokens +0 in REPRISE_API_TOKENS; those of the database cannot be read/m,
      /^warning +GPU +the driver of NVIDIA does not answer: .*no driver/m,
    ],
  ],
  [
    'a damaged database that others can read, an address of another machine, a GPU without CUDA',
    async () => {
      const dataDir = usedFolder()
      const db = openDatabase(dataDir)
      const page = Number(db.pragma('page_size', { simple: true }))
      const root = db.prepare<[], number>(`SELECT rootpage FROM sqlite_master WHERE name = 'file_hashes'`).pluck().get()
      db.close()
      const path = join(dataDir, 'reprise.sqlite')
      const file = await open(path, 'r+')
      await file.write(Buffer.alloc(page, 7), 0, page, (Number(root) - 1) * page)
      await file.close()
      chmodSync(path, 0o644)
      return [
        { DATA_DIR: dataDir, HOST: '192.0.2.1', API_TOKENS: 'x' },
        { environment: gpuDriver('echo 0, GPU-1, NVIDIA H100, 81559') },
      ]
    },
    [
      /^problem +database +\S+ is damaged: .*; stop the server and put back/m,
      /^warning +database +other users of this machine can read .*chmod 600/m,
      /^problem +port +nobody can listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/m,
      /^warning +GPU +.*(?:CUDA|cuda).*; models run on the CPU; /m,
    ],
  ],
  [
    'a database of a newer version, a clock that was set back, an open server that others reach',
    () => {
      const dataDir = usedFolder()
      const db = openDatabase(dataDir)
      db.exec(`INSERT INTO migrations (number, name, applied_at) VALUES (9999, 'x', 0)`)
      db.exec(`UPDATE predictions SET created_at = ${Date.now() + 3_600_000}`)
      db.close()
      return [{ DATA_DIR: dataDir, HOST: '0.0.0.0' }]
    },
    [
      /^problem +database +it is at migration 9999, and this version of reprise knows \d+; start the newer/m,
      /^warning +clock +it says .*, but the last prediction was made at /m,
      /^problem +addresses +REPRISE_HOST is "0\.0\.0\.0", which others can reach, and there are no tokens/m,
    ],
  ],
])('what is wrong is told line by line, and makes the exit code 1: %s', async (_, make, expected) => {
  const [settings, surroundings] = await make()
  const { code, stdout, stderr } = await doctor({ DATA_DIR: testFolder(), ...settings }, surroundings)
  for (const line of expected) expect(stdout).toMatch(line)
  const problems = stdout.match(/^problem /gm)?.length
  expect(problems).toBe(expected.filter(({ source }) => source.startsWith('^problem')).length)
  expect(stderr).toBe(`${problems} ${problems === 1 ? 'problem was' : 'problems were'} found\n`)
  expect(code).toBe(1)
})

test('an engine that does not start is a problem', async () => {
  const environment = { NODE_OPTIONS: '--require=/nowhere.cjs', REPRISE_DATA_DIR: testFolder() }
  const lines = await Array.fromAsync(examine(['--bundled-models', 'off', '--port', '0'], environment))
  expect(lines).toContainEqual({
    check: 'engine',
    level: 'problem',
    text: expect.stringMatching(/^onnxruntime-node does not work: it failed: .*nowhere\.cjs/),
    advice: expect.any(String),
  })
})
