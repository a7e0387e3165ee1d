/** What can be told of the images without building them; `npm run check:image` builds and runs them. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { missingOf } from '../../scripts/image/commands.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { parseDuration } from '../../src/duration.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const read = (name: string) => readFileSync(path(name), 'utf8')

const Service = Type.Object({
  build: Type.Object({ target: Type.String() }),
  profiles: Type.Optional(Type.Array(Type.String())),
  environment: Type.Object({ REPRISE_SHUTDOWN_GRACE: Type.String() }),
  read_only: Type.Literal(true),
  cap_drop: Type.Tuple([Type.Literal('ALL')]),
  security_opt: Type.Tuple([Type.Literal('no-new-privileges:true')]),
  stop_grace_period: Type.String(),
})
const Compose = Type.Object({ services: Type.Object({ cpu: Service, cuda: Service }) })

/** The stages of the Dockerfile by their names, each as its instructions. */
const stages = new Map(
  read('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((text): [string, string[]] => {
      const [from = '', ...rest] = text.trim().split(/\n+/)
      return [from.split(' AS ')[1] ?? '', rest]
    }),
)
/** Of paths of the repository, whether they reach the builder: what comes last in .dockerignore decides. */
function isSent(file: string): boolean {
  let sent = true
  for (const line of read('.dockerignore')
    .split('\n')
    .filter((text) => text && !text.startsWith('#'))) {
    const pattern = line.replace(/^!/, '')
    if (matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`) || pattern === '*') sent = line.startsWith('!')
  }
  return sent
}

test('the image has the Node that the project is developed with', () => {
  const [, major] = /^ARG NODE_IMAGE=node:(\d+)-/m.exec(read('Dockerfile')) ?? []
  expect(major).toBe(packageJson.devDependencies.node.split('.')[0])
})

test('the CPU image is what a build without a target makes', () => {
  expect([...stages.keys()].at(-1)).toBe('cpu')
})

test('both images are started, watched and described alike', () => {
  const settings = (name: string) => stages.get(name)?.filter((line) => !/^(?:RUN|COPY|ARG) /.test(line))
  expect(settings('cuda')).toEqual(settings('cpu'))
  expect(settings('cpu')).toEqual(expect.arrayContaining(['USER 1000:1000', 'VOLUME /data', 'CMD ["serve"]']))
})

test('everything that the Dockerfile copies from the project is there and reaches the builder', () => {
  const sources = [...stages.values()]
    .flat()
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1))
  expect(sources).toContain('src')
  for (const source of sources) {
    expect(existsSync(path(source)), source).toBe(true)
    // Of these, only parts.
    if (source !== 'scripts' && source !== 'models') expect(isSent(source), source).toBe(true)
  }
  for (const script of ['scripts/build.ts', 'scripts/image/prune.ts']) expect(isSent(script), script).toBe(true)
})

test('every bundled model reaches the builder', () => {
  const files = execFileSync('git', ['ls-files', 'models'], { cwd: path('.'), encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(files.filter((file) => !isSent(file))).toEqual([])
})

test.each([
  'data/reprise.sqlite',
  'node_modules/sharp/package.json',
  '.env',
  '.git/config',
  'dist/main.js',
  'models/acme/own/model.onnx',
])('%s stays here', (file) => {
  expect(isSent(file)).toBe(false)
})

test('compose.yaml serves targets that there are, locked down, and waits until a server has ended', () => {
  const { services } = Value.Parse(Compose, parse(read('compose.yaml'), { merge: true }))
  expect(services.cpu.profiles).toBeUndefined()
  expect(services.cuda.profiles).toEqual(['cuda'])
  for (const service of [services.cpu, services.cuda]) {
    expect(stages.has(service.build.target)).toBe(true)
    const [patience, grace] = [service.stop_grace_period, service.environment.REPRISE_SHUTDOWN_GRACE].map((text) =>
      parseDuration(text),
    )
    expect(patience).toBeGreaterThan(grace ?? Number.POSITIVE_INFINITY)
  }
})

test('systemd, too, waits until a server has ended, and asks no runner to stop', () => {
  const unit = read('contrib/reprise.service')
  const patience = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000
  expect(patience).toBeGreaterThan(SETTINGS.shutdownGraceMs.parse(SETTINGS.shutdownGraceMs.default ?? '') ?? patience)
  expect(unit).toContain('\nKillMode=mixed\n')
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m)
})

test('an image keeps the binaries of its own platform, and no documentation but licences', () => {
  const here = `${process.platform}-${process.arch}`
  const dir = testFolder()
  writeFiles(dir, {
    'node_modules/better-sqlite3/deps/sqlite3.c': '',
    [`node_modules/better-sqlite3/prebuilds/${here}.node`]: '',
    'node_modules/better-sqlite3/prebuilds/plan9-mips.node': '',
    [`node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/any.node`]: '',
    'node_modules/onnxruntime-node/bin/napi-v6/plan9/mips/any.node': '',
    'node_modules/any/LICENSE.md': '',
    'node_modules/any/README.md': '',
    'node_modules/any/index.js': '',
    'node_modules/any/index.js.map': '',
    'node_modules/any/index.d.ts': '',
  })
  execFileSync(process.execPath, [path('scripts/image/prune.ts'), dir])
  const left = execFileSync('find', [dir, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')
  expect(left.map((file) => file.slice(`${dir}/node_modules/`.length)).sort()).toEqual([
    'any/LICENSE.md',
    'any/index.js',
    `better-sqlite3/prebuilds/${here}.node`,
    `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/any.node`,
  ])
})

test('programs that are missing are named', () => {
  expect(missingOf(['sh', 'no-such-program'], process.env.PATH ?? '')).toEqual(['no-such-program'])
})
