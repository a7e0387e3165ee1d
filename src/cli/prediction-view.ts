import { isRecord } from '../is-record.ts'
import { isTerminal, STATUSES, type Status } from '../predictions/prediction.ts'
import { type RunningServer, strangeAnswer } from './server.ts'

/** A prediction as a server shows it. */
export interface PredictionView {
  id: string
  status: Status
  ended: boolean
  output: unknown
  logs: string
  error: string | undefined
  /** The URL of the stream of its output, if it has one. */
  stream: string | undefined
  /** Its own URL. */
  url: string
  /** All that the server said. */
  whole: Readonly<Record<string, unknown>>
}

/** Resolves when the prediction is made, even if the process is asked to stop meanwhile: what is made can be canceled. */
export async function createPrediction(
  server: RunningServer,
  version: string,
  input: Readonly<Record<string, unknown>>,
): Promise<PredictionView> {
  return parse(await server.request('POST', '/v1/predictions', { json: { version, input }, lasting: true }))
}

export async function getPrediction(server: RunningServer, id: string): Promise<PredictionView> {
  return parse(await server.request('GET', `/v1/predictions/${id}`))
}

export async function cancelPrediction(server: RunningServer, id: string): Promise<PredictionView> {
  return parse(await server.request('POST', `/v1/predictions/${id}/cancel`, { lasting: true }))
}

function parse(answer: unknown): PredictionView {
  if (!isRecord(answer) || typeof answer.id !== 'string' || !isRecord(answer.urls)) throw strangeAnswer('a prediction')
  const status = STATUSES.find((each) => each === answer.status)
  const { get: url, stream } = answer.urls
  if (status === undefined || typeof url !== 'string') throw strangeAnswer('a prediction')
  return {
    id: answer.id,
    status,
    ended: isTerminal(status),
    output: answer.output,
    logs: typeof answer.logs === 'string' ? answer.logs : '',
    error: typeof answer.error === 'string' ? answer.error : undefined,
    stream: typeof stream === 'string' ? stream : undefined,
    url,
    whole: answer,
  }
}
