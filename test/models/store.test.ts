import { expect, test } from 'vitest'
import type { Write } from '../../src/db/messages.ts'
import { DEFAULT_RUN } from '../../src/models/run-settings.ts'
import {
  createModel,
  deleteModel,
  doomVersion,
  forgetVersion,
  type InspectedSnapshot,
  ModelStore,
  modelStatements,
  putVersion,
  setCurrent,
} from '../../src/models/store.ts'
import { testDatabase } from '../support/database.ts'

const NAME = 'alice/model'
const CONFLICT = expect.objectContaining({ code: 'conflict' })

function snapshot(contentHash: string): InspectedSnapshot {
  const signature = { input: {}, output: {}, batches: false, training: null }
  return { contentHash, model: NAME, entry: 'predict.ts', sourceDir: null, run: DEFAULT_RUN, signature, bytes: 1 }
}

/** What the push of a version commits. */
function push(id: string, createdAt: number): Write {
  return [...putVersion(snapshot(id), { model: NAME, id, contentHash: id, createdAt }), ...setCurrent(NAME, id)]
}

/** A model with versions, the last of which is the present one. */
async function setUp(...versions: string[]) {
  const { writer, reader } = testDatabase(modelStatements)
  const store = new ModelStore(reader)
  await writer.submit(createModel(NAME, { visibility: 'private', examples: [] }, 1))
  for (const [index, id] of versions.entries()) await writer.submit(push(id, index + 1))
  return { writer, store, current: () => store.models()[0]?.currentVersion }
}

test('versions that are deleted at the same time leave the newest of the others', async () => {
  const { writer, current } = await setUp('a', 'b', 'c')
  await Promise.all(['c', 'b'].map((id) => writer.submit(doomVersion(NAME, id))))
  expect(current()).toBe('a')
  await writer.submit(doomVersion(NAME, 'a'))
  expect(current()).toBeNull()
})

test('a version that is not the present one goes without a change of that', async () => {
  const { writer, current } = await setUp('a', 'b')
  await Promise.all([writer.submit(push('c', 3)), writer.submit(doomVersion(NAME, 'b'))])
  expect(current()).toBe('c')
})

test('a version is deleted once', async () => {
  const { writer } = await setUp('a')
  await writer.submit(doomVersion(NAME, 'a'))
  await expect(writer.submit(doomVersion(NAME, 'a'))).rejects.toEqual(CONFLICT)
})

test('a version that was deleted comes back only when nothing is left of it', async () => {
  const { writer, store, current } = await setUp('a')
  await writer.submit(doomVersion(NAME, 'a'))
  await expect(writer.submit(push('a', 2))).rejects.toEqual(CONFLICT)
  expect(store.versions()).toEqual([])
  await writer.submit(forgetVersion(NAME, 'a'))
  await writer.submit(push('a', 2))
  expect(current()).toBe('a')
})

test('a model goes when it has no versions, and no sooner', async () => {
  const { writer, store } = await setUp('a')
  await expect(writer.submit(deleteModel(NAME))).rejects.toEqual(CONFLICT)
  await writer.submit(doomVersion(NAME, 'a'))
  await writer.submit(deleteModel(NAME))
  expect(store.models()).toEqual([])
})
