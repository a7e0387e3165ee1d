import type { Static } from '@sinclair/typebox'
import { expect } from 'vitest'
import { isTerminal } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { WireRunners } from '../../src/scheduler/schema.ts'
import { eventually } from './eventually.ts'
import type { TestServer } from './server.ts'
import { bodyOf } from './wire.ts'

type Caller = Pick<TestServer, 'call'>
type Input = Record<string, unknown>
type Headers = Record<string, string>

/** Creates a prediction and gives the bare answer. */
export function post(server: Caller, model: string, input: Input, headers: Headers = {}): Promise<Response> {
  return server.call('POST', `/v1/models/${model}/predictions`, { body: { input }, headers })
}

/** A prediction that was accepted. */
export async function create(
  server: Caller,
  model: string,
  input: Input,
  headers: Headers = {},
): Promise<WirePrediction> {
  const response = await post(server, model, input, headers)
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

/** A prediction that has ended. */
export async function run(server: Caller, model: string, input: Input): Promise<WirePrediction> {
  return create(server, model, input, { prefer: 'wait' })
}

export async function find(server: Caller, id: string): Promise<WirePrediction> {
  const response = await server.call('GET', `/v1/predictions/${id}`)
  expect(response.status).toBe(200)
  return bodyOf(response)
}

export async function cancel(server: Caller, id: string): Promise<WirePrediction> {
  const response = await server.call('POST', `/v1/predictions/${id}/cancel`)
  expect(response.status).toBe(200)
  return bodyOf(response)
}

/** Waits for the end of a prediction that may have been created on another server. */
export function endOf(server: Caller, id: string): Promise<WirePrediction> {
  return eventually(async () => {
    const prediction = await find(server, id)
    expect(prediction.status).toSatisfy(isTerminal)
    return prediction
  })
}

/** The processes that run a model now. */
export async function runnersOfModel(server: Caller, model: string): Promise<number[]> {
  const { results } = await listRunners(server)
  return results.flatMap((runner) => (runner.model === model && runner.pid !== null ? [runner.pid] : []))
}

export async function listRunners(server: Caller, headers: Headers = {}): Promise<Static<typeof WireRunners>> {
  const response = await server.call('GET', '/v1/runners', { headers })
  expect(response.status).toBe(200)
  return bodyOf(response)
}
