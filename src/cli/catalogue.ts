import { isRecord } from '../is-record.ts'
import { pathOf, type RunningServer, strangeAnswer } from './server.ts'

/** A version as a server tells of it. */
export interface KnownVersion {
  /** `owner/name` */
  model: string
  id: string
  createdAt: string
  openapi: unknown
}

/** A model as a server tells of it. */
export interface KnownModel {
  /** `owner/name` */
  name: string
  description: string
  visibility: string
  runCount: number
  latest: KnownVersion | undefined
}

/** A server has less; one that never ends its list is not believed. */
const MOST_PAGES = 1_000

/** Every model that the server lists. */
export async function* listModels(server: RunningServer): AsyncGenerator<KnownModel, void> {
  for await (const result of listResults(server, '/v1/models')) yield parseModel(result)
}

export async function getModel(server: RunningServer, name: string): Promise<KnownModel> {
  return parseModel(await server.request('GET', `/v1/models/${name}`))
}

/** The versions of a model, newest first. */
export async function* listVersions(server: RunningServer, model: string): AsyncGenerator<KnownVersion, void> {
  for await (const result of listResults(server, `/v1/models/${model}/versions`)) yield parseVersion(model, result)
}

/** What all pages of a list hold, each asked for when the one before has been used up. */
async function* listResults(server: RunningServer, first: string): AsyncGenerator<unknown, void> {
  let path: string | undefined = first
  for (let page = 0; path !== undefined && page < MOST_PAGES; page++) {
    const answer = await server.request('GET', path)
    if (!isRecord(answer) || !Array.isArray(answer.results)) throw strangeAnswer('a list')
    yield* answer.results
    path = typeof answer.next === 'string' ? pathOf(answer.next) : undefined
  }
}

function parseModel(answer: unknown): KnownModel {
  if (!isRecord(answer) || typeof answer.owner !== 'string' || typeof answer.name !== 'string')
    throw strangeAnswer('a model')
  const { description, visibility, run_count: runCount, latest_version: latest } = answer
  const name = `${answer.owner}/${answer.name}`
  return {
    name,
    description: typeof description === 'string' ? description : '',
    visibility: typeof visibility === 'string' ? visibility : '',
    runCount: typeof runCount === 'number' ? runCount : 0,
    latest: isRecord(latest) ? parseVersion(name, latest) : undefined,
  }
}

function parseVersion(model: string, answer: unknown): KnownVersion {
  if (!isRecord(answer) || typeof answer.id !== 'string') throw strangeAnswer('a version')
  const { id, created_at: createdAt, openapi_schema: openapi } = answer
  return { model, id, createdAt: typeof createdAt === 'string' ? createdAt : '', openapi }
}
