import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Training } from 'replicate'
import { expect } from 'vitest'
import { prepareDatabase } from '../../src/db/open.ts'
import type { WireTraining } from '../../src/trainings/schema.ts'
import { openDatabase } from './data-folder.ts'
import { eventually } from './eventually.ts'
import type { TestServer } from './server.ts'
import { bodyOf } from './wire.ts'

type Caller = Pick<TestServer, 'call'>
type Headers = Record<string, string>

const MIGRATIONS = new URL('../../migrations/', import.meta.url)

/** Packages that can be trained; apart, because every server that is given them has to look at each of them first. */
export const TRAINERS = fileURLToPath(new URL('../fixtures/trainers', import.meta.url))

/** Puts models of accounts, without versions, into a data folder that no server uses yet. */
export function addModels(dataDir: string, ...names: string[]): void {
  prepareDatabase(join(dataDir, 'reprise.sqlite'), MIGRATIONS)
  const db = openDatabase(dataDir)
  const insert = db.prepare(`INSERT INTO models (name, origin, created_at, run_count, about)
    VALUES (?, 'account', 1, 0, '{"visibility":"public","examples":[]}')`)
  for (const name of names) insert.run(name)
  db.close()
}

export async function newestVersion(server: Caller, model: string, headers: Headers = {}): Promise<string> {
  const response = await server.call('GET', `/v1/models/${model}`, { headers })
  expect(response.status, await response.clone().text()).toBe(200)
  const { latest_version: latest } = await bodyOf<{ latest_version: { id: string } }>(response)
  return latest.id
}

/** Asks for a training and gives the bare answer. */
export async function postTraining(
  server: Caller,
  trainer: string,
  body: unknown,
  headers: Headers = {},
): Promise<Response> {
  const version = await newestVersion(server, trainer, headers)
  return server.call('POST', `/v1/models/${trainer}/versions/${version}/trainings`, { body, headers })
}

/** A training that was accepted. */
export async function train(server: Caller, trainer: string, body: unknown, headers: Headers = {}): Promise<Training> {
  const response = await postTraining(server, trainer, body, headers)
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

export async function findTraining(server: Caller, id: string, headers: Headers = {}): Promise<WireTraining> {
  const response = await server.call('GET', `/v1/trainings/${id}`, { headers })
  expect(response.status).toBe(200)
  return bodyOf(response)
}

/** Waits for the end of a training that may have been created on another server. */
export function endOfTraining(server: Caller, id: string, headers: Headers = {}): Promise<WireTraining> {
  return eventually(async () => {
    const training = await findTraining(server, id, headers)
    expect(training.completed_at).toBeDefined()
    return training
  })
}
