import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LOCAL_ACCOUNT } from '../../src/accounts/account.ts'
import { Operators } from '../../src/accounts/operators.ts'
import { systemClock } from '../../src/clock.ts'
import { openReader, prepareDatabase } from '../../src/db/open.ts'
import { Writer } from '../../src/db/writer.ts'
import { openModels } from '../../src/models/open-models.ts'
import type { ModelRegistry } from '../../src/models/registry.ts'
import { modelStatements } from '../../src/models/store.ts'
import { runnerLauncher } from '../../src/runner/host.ts'
import { RunnerRecords } from '../../src/runner/records.ts'
import { SweepGate } from '../../src/sweep-gate.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const MIGRATIONS = new URL('../../migrations/', import.meta.url)
const PIN = '5'.repeat(64)
const ECHO = codeOf(`Type.Object({ text: Type.String() })`)
const LOUD = codeOf(`Type.Object({ text: Type.String(), loud: Type.Boolean({ default: false }) })`)

interface StartOptions {
  /** Content hashes that predictions still wait for. */
  keep?: ReadonlySet<string>
  /** Folders of packages beside the usual one. */
  moreDirs?: readonly string[]
  onLaunch?: (registry: ModelRegistry, close: () => Promise<void>) => void
}

function codeOf(input: string, output = 'Type.String()'): string {
  return `
    import { defineModel, Type } from 'reprise/model'
    export default defineModel({ input: ${input}, output: ${output}, predict: ({ text }) => text })`
}

function setUp(files: Record<string, string>) {
  const dir = testFolder()
  const modelsDir = join(dir, 'models')
  writeFiles(modelsDir, files)
  const databasePath = join(dir, 'reprise.sqlite')
  prepareDatabase(databasePath, MIGRATIONS)

  /** The registry of one run of the server; what it launched and logged is noted. */
  async function start({ keep = new Set(), moreDirs = [], onLaunch }: StartOptions = {}) {
    const writer = new Writer({ path: databasePath, statements: modelStatements, durability: 'normal' })
    const reader = openReader(databasePath)
    const launch = runnerLauncher(process.env, new RunnerRecords(join(dir, 'runners'), pino({ level: 'silent' })))
    const logged: { msg: string; model: string; reason?: string }[] = []
    const noted = { launches: 0 }
    const models = openModels({
      reader,
      writer,
      operators: new Operators([]),
      launch(listener) {
        noted.launches++
        onLaunch?.(registry, close)
        return launch(listener)
      },
      clock: systemClock,
      gate: new SweepGate(),
      log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
      dataDir: dir,
      packageDirs: [modelsDir, ...moreDirs],
      onCurrent() {},
      most: { threads: 1, memoryBytes: 2 ** 30 },
      tryOut: async () => {},
      isDoomed: () => false,
    })
    const { registry, peaks, close } = models
    async function stop() {
      await close()
      reader.close()
      await writer.close()
    }
    onTestFinished(stop)
    await models.restore(keep)
    await models.load()
    return { registry, peaks, logged, noted, close, stop }
  }

  return { dir, modelsDir, start }
}

test('a package is inspected once and served under the hash of its content, also after a restart', async () => {
  const { start } = setUp({ 'test/echo/predict.ts': ECHO, 'test/echo/model.yaml': 'description: Says it again' })
  const first = await start()
  expect(first.noted.launches).toBe(1)
  const { model, version: current } = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
  expect(model).toMatchObject({ owner: 'test', name: 'echo', runCount: 0, about: { description: 'Says it again' } })
  expect(current.id).toMatch(/^[0-9a-f]{64}$/)
  expect(current.runnable).toMatchObject({ model: 'test/echo', contentHash: current.id })
  expect(current.openapiSchema.components.schemas.Input).toMatchObject({ required: ['text'] })
  expect(current.validateInput({})).toMatchObject([{ description: 'text is required' }])
  first.registry.countRun(model)
  first.registry.countRun(model)
  await first.stop()

  const second = await start()
  expect(second.noted.launches).toBe(0)
  const { model: again, version } = second.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
  expect(again).toMatchObject({ runCount: 2, createdAt: model.createdAt, about: { description: 'Says it again' } })
  expect(version.id).toBe(current.id)
  expect(version.createdAt).toBe(current.createdAt)
  expect(version.openapiSchema).toEqual(current.openapiSchema)
  expect(version.runnable).toEqual(current.runnable)
})

test('what only describes a package changes without a new version, and so does how it is run', async () => {
  const { start, modelsDir } = setUp({ 'test/echo/predict.ts': ECHO, 'test/echo/model.yaml': 'description: One' })
  const first = await start()
  const { id } = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
  await first.stop()
  writeFiles(modelsDir, { 'test/echo/model.yaml': 'description: Two\nrun: { threads: 3, replicas: { min: 1 } }' })
  const { registry, noted } = await start()
  expect(noted.launches).toBe(0)
  const {
    model: { about, versions },
    version: current,
  } = registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
  expect({ about: about.description, id: current.id, versions: versions.size }).toEqual({
    about: 'Two',
    id,
    versions: 1,
  })
  expect(current.runnable.run).toMatchObject({ threads: 3, minReplicas: 1 })
})

test('other content makes another version, and the one before stays', async () => {
  const { start, modelsDir } = setUp({ 'test/echo/predict.ts': ECHO })
  const first = await start()
  const before = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
  await first.stop()
  writeFiles(modelsDir, { 'test/echo/predict.ts': LOUD })
  const { registry, noted } = await start()
  expect(noted.launches).toBe(1)
  const {
    model: { versions },
    version: current,
  } = registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
  expect([...versions.keys()].sort()).toEqual([before.id, current.id].sort())
  expect(current.id).not.toBe(before.id)
  expect(current.openapiSchema.components.schemas.Input?.properties).toHaveProperty('loud')
  expect(registry.getVersion(LOCAL_ACCOUNT, 'test/echo', before.id).openapiSchema).toEqual(before.openapiSchema)
  expect(registry.findRunnable(before.runnable.contentHash)).toEqual(before.runnable)
})

describe('a pinned id', () => {
  const yaml = { 'test/echo/model.yaml': `version: '${PIN}'` }

  test('points to the new content when that changes, with a warning; what still waits keeps the old', async () => {
    const { start, modelsDir } = setUp({ 'test/echo/predict.ts': ECHO, ...yaml })
    const first = await start()
    const before = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
    expect(before.id).toBe(PIN)
    await first.stop()
    writeFiles(modelsDir, { 'test/echo/predict.ts': LOUD })

    const second = await start({ keep: new Set([before.runnable.contentHash]) })
    expect(second.logged).toMatchObject([
      { model: 'test/echo', version: PIN, msg: 'the content behind a pinned version id has changed' },
    ])
    const {
      model: { versions },
      version: current,
    } = second.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
    expect([...versions.keys()]).toEqual([PIN])
    expect(current.createdAt).toBe(before.createdAt)
    expect(current.runnable.contentHash).not.toBe(before.runnable.contentHash)
    expect(second.registry.resolve(LOCAL_ACCOUNT, PIN).version).toBe(current)
    expect(second.registry.findRunnable(before.runnable.contentHash)).toEqual(before.runnable)
    await second.stop()

    const third = await start()
    expect({ launches: third.noted.launches, logged: third.logged }).toEqual({ launches: 0, logged: [] })
    expect(third.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version.runnable).toEqual(current.runnable)
    await third.stop()
    const fourth = await start()
    expect(fourth.registry.findRunnable(before.runnable.contentHash)).toBeUndefined()
  })
})

test('a package that was removed is gone, whatever is remembered of it, until it comes back', async () => {
  const { start, modelsDir } = setUp({ 'test/echo/predict.ts': ECHO })
  const first = await start()
  const { id } = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
  await first.stop()
  rmSync(join(modelsDir, 'test/echo'), { recursive: true })

  const second = await start()
  expect(second.registry.served).toEqual([])
  expect(() => second.registry.getModel(LOCAL_ACCOUNT, 'test/echo')).toThrow(
    expect.objectContaining({ code: 'not_found' }),
  )
  expect(() => second.registry.getVersion(LOCAL_ACCOUNT, 'test/echo', id)).toThrow(
    expect.objectContaining({ code: 'not_found' }),
  )
  for (const reference of ['test/echo', `test/echo:${id}`, id])
    expect(() => second.registry.resolve(LOCAL_ACCOUNT, reference)).toThrow(
      expect.objectContaining({ code: 'invalid', title: 'Invalid version or not permitted' }),
    )
  await second.stop()

  writeFiles(modelsDir, { 'test/echo/predict.ts': ECHO })
  const third = await start()
  expect(third.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version.id).toBe(id)
  expect(third.noted.launches).toBe(0)
})

test('a version is named by its model, by both, or by its id; nothing else names one', async () => {
  const { start } = setUp({ 'test/echo/predict.ts': ECHO })
  const { registry } = await start()
  const { version: current } = registry.getCurrent(LOCAL_ACCOUNT, 'test/echo')
  for (const reference of ['test/echo', `test/echo:${current.id}`, current.id])
    expect(registry.resolve(LOCAL_ACCOUNT, reference).version).toBe(current)
  for (const reference of [
    '',
    'echo',
    'test/other',
    'test/echo:latest',
    'test/echo:',
    `test/other:${current.id}`,
    `test/echo:${current.id}:more`,
    `:${current.id}`,
    current.id.slice(1),
    current.id.toUpperCase(),
  ])
    expect(() => registry.resolve(LOCAL_ACCOUNT, reference), reference).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    )
})

test('a package that was changed into a broken one is reported, and what it was goes on being served', async () => {
  const { start, modelsDir } = setUp({ 'test/echo/predict.ts': ECHO })
  const first = await start()
  const { id } = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
  await first.stop()
  writeFiles(modelsDir, { 'test/echo/predict.ts': 'export default {' })
  const { registry, logged } = await start()
  expect(registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version.id).toBe(id)
  expect(registry.resolve(LOCAL_ACCOUNT, `test/echo:${id}`).version.id).toBe(id)
  expect(logged).toMatchObject([{ msg: 'the package is broken', model: 'test/echo', serving: id }])
})

test('a broken package is reported with its reason and leaves the others alone', async () => {
  const { start } = setUp({
    'test/a-good-one/predict.ts': ECHO,
    'test/no-code/model.yaml': 'description: Nothing else',
    'test/no-model/predict.ts': 'export const nothing = 1',
    'test/no-syntax/predict.ts': 'export default {',
    'test/no-pattern/predict.ts': codeOf(`Type.Object({ text: Type.String({ pattern: '[' }) })`),
  })
  const { registry, logged } = await start()
  expect(registry.served.map(({ name }) => name)).toEqual(['a-good-one'])
  const reasons = Object.fromEntries(logged.map(({ model, reason }) => [model, reason]))
  expect(reasons).toEqual({
    'test/no-code': expect.stringContaining('There is no predict.ts, predict.js, model.onnx, or model.ort in'),
    'test/no-model': expect.stringContaining('predict.ts has no default export'),
    'test/no-syntax': expect.any(String),
    'test/no-pattern': expect.stringContaining('regular expression'),
  })
})

test('where two folders hold a package of the same name, the first wins', async () => {
  const { start, dir } = setUp({ 'test/echo/predict.ts': ECHO })
  writeFiles(join(dir, 'bundled'), { 'test/echo/predict.ts': LOUD, 'test/other/predict.ts': ECHO })
  const { registry, noted } = await start({ moreDirs: [join(dir, 'bundled')] })
  expect(noted.launches).toBe(2)
  expect(
    registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version.openapiSchema.components.schemas.Input?.properties,
  ).not.toHaveProperty('loud')
  expect(registry.getModel(LOCAL_ACCOUNT, 'test/other').name).toBe('other')
})

test('a package that is still being looked at asks to try again, and one that is not there does not', async () => {
  const { start } = setUp({ 'test/echo/predict.ts': ECHO })
  const codes: string[] = []
  await start({
    onLaunch(registry) {
      for (const attempt of [
        () => registry.getModel(LOCAL_ACCOUNT, 'test/echo'),
        () => registry.getModel(LOCAL_ACCOUNT, 'test/none'),
      ])
        try {
          attempt()
        } catch (error) {
          codes.push(error instanceof Error && 'code' in error ? String(error.code) : String(error))
        }
    },
  })
  expect(codes).toEqual(['unavailable', 'not_found'])
})

test('what decides how much memory is set aside for a version is known after a restart', async () => {
  const { start } = setUp({ 'test/echo/predict.ts': ECHO, 'test/echo/weights.bin': 'w'.repeat(1_000) })
  const first = await start()
  const { runnable } = first.registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version
  expect(runnable.bytes).toBe(1_000 + ECHO.length)
  expect(first.peaks.find(runnable.contentHash)).toBeUndefined()
  // Only what is a good deal more is worth a write.
  for (const bytes of [100, 105, 200]) first.peaks.remember(runnable.contentHash, bytes)
  expect(first.peaks.find(runnable.contentHash)).toBe(200)
  await first.stop()

  const { registry, peaks } = await start()
  expect(registry.getCurrent(LOCAL_ACCOUNT, 'test/echo').version.runnable).toEqual(runnable)
  expect(peaks.find(runnable.contentHash)).toBe(200)
})

test('a registry that is closed while it looks at a package leaves nothing running, and breaks nothing', async () => {
  const { start } = setUp({ 'test/echo/predict.ts': ECHO, 'test/other/predict.ts': ECHO })
  const { logged, registry, close } = await start({ onLaunch: (_registry, stop) => void stop() })
  await close()
  expect(logged).toEqual([])
  expect(registry.served).toEqual([])
})
