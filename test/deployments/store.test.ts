import { expect, test } from 'vitest'
import { begin, type Deployment, revise } from '../../src/deployments/deployment.ts'
import { DeploymentStore, deploymentStatements, insert, remove, update } from '../../src/deployments/store.ts'
import { testDatabase } from '../support/database.ts'

const MOST = 3
const CONFLICT = expect.objectContaining({ code: 'conflict' })

function setUp() {
  const { writer, reader } = testDatabase(deploymentStatements)
  return { writer, store: new DeploymentStore(reader) }
}

function make(name: string, { owner = 'alice', at = 1, version = 'v1' } = {}): Deployment {
  const configuration = { version, hardware: 'cpu', minInstances: 1, maxInstances: 2 }
  return begin({ name, model: 'test/model', ...configuration }, owner, at)
}

function next(deployment: Deployment): Deployment {
  const { version, minInstances } = deployment.release
  const revised = revise(deployment, { version: `${version}+`, minInstances: minInstances + 1 }, 'bob', 9)
  return revised ?? expect.fail('Nothing has changed')
}

test('a deployment is read back as it was written, and as it was changed', async () => {
  const { writer, store } = setUp()
  const [first, second] = [make('app'), next(make('app'))]
  expect(store.find('alice', 'app')).toBeUndefined()
  await writer.submit(insert(first, MOST))
  expect(store.find('alice', 'app')).toEqual(first)
  await writer.submit(update(second, 1))
  expect(store.find('alice', 'app')).toEqual(second)
  expect(store.all()).toEqual([second])
  await writer.submit(remove(second))
  expect(store.all()).toEqual([])
})

test('whoever has not seen the present release changes nothing', async () => {
  const { writer, store } = setUp()
  const [first, second] = [make('app'), next(make('app'))]
  await writer.submit(insert(first, MOST))
  await writer.submit(update(second, 1))
  for (const late of [update(second, 1), remove(first)]) await expect(writer.submit(late)).rejects.toEqual(CONFLICT)
  expect(store.find('alice', 'app')).toEqual(second)
})

test('a name is taken once by each account, and an account has no more than the most', async () => {
  const { writer, store } = setUp()
  for (const name of ['a', 'b', 'c']) await writer.submit(insert(make(name), MOST))
  await writer.submit(insert(make('a', { owner: 'bob' }), MOST))
  await expect(writer.submit(insert(make('a', { owner: 'bob' }), MOST))).rejects.toEqual(CONFLICT)
  await expect(writer.submit(insert(make('d'), MOST))).rejects.toEqual(CONFLICT)
  expect(store.all()).toHaveLength(4)
})

test('a version is used by the present releases only', async () => {
  const { writer, store } = setUp()
  await writer.submit(insert(make('app'), MOST))
  const uses = () => ['v1', 'v1+', 'v2'].map((version) => store.ownersOn('test/model', version).length > 0)
  expect(uses()).toEqual([true, false, false])
  expect(store.ownersOn('test/other', 'v1')).toEqual([])
  await writer.submit(update(next(make('app')), 1))
  expect(uses()).toEqual([false, true, false])
})

test('a list holds those of one account, newest first, in both directions', async () => {
  const { writer, store } = setUp()
  for (const name of ['a', 'b', 'c', 'd']) await writer.submit(insert(make(name, { at: name === 'a' ? 1 : 2 }), 9))
  await writer.submit(insert(make('other', { owner: 'bob' }), 9))
  const namesOf = (position: Parameters<DeploymentStore['list']>[1], size: number) => {
    const { rows, more } = store.list('alice', position, size)
    return [rows.map(({ name }) => name).join(''), more]
  }
  expect(namesOf(undefined, 9)).toEqual(['dcba', false])
  expect(namesOf(undefined, 3)).toEqual(['dcb', true])
  expect(namesOf({ at: 2, id: 'c', reverse: false }, 9)).toEqual(['ba', false])
  expect(namesOf({ at: 2, id: 'b', reverse: true }, 1)).toEqual(['c', true])
})
