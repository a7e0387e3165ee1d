import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { busy } from '../errors.ts'
import type { OriginOf } from '../http/origin.ts'
import { problems } from '../http/schemas.ts'
import { EventStream, formatEvent, type ServerSentEvent } from '../http/sse.ts'
import type { LivePrediction } from './live-prediction.ts'
import { isTerminal, type Prediction, type ServedFile } from './prediction.ts'
import type { Presenter } from './presenter.ts'
import type { PredictionService } from './service.ts'

const ID_LENGTH = 26
/** Events written between two looks at whether the reader keeps up. */
const BATCH = 256
/** What is kept for other readers beside the output itself, in bytes of one prediction. */
const LARGEST_SHARED = 2 ** 16

/** The output of a prediction as server-sent events; whoever has the URL may read it (replicate-api.md 6). */
export const streamRoutes: FastifyPluginAsyncTypebox<{
  predictions: PredictionService
  presenter: Presenter
  originOf: OriginOf
  /** Streams that may be open at the same time. */
  maxStreams: number
  /** How long a reader may take nothing. */
  stalledMs: number
  /** Those that are being read. */
  open: Set<EventStream>
}> = async (app, { predictions, presenter, originOf, maxStreams, stalledMs, open }) => {
  async function answer(request: StreamRequest, reply: FastifyReply): Promise<void> {
    const { token } = request.params
    const { prediction, live } = predictions.findStream(token.slice(0, ID_LENGTH), token.slice(ID_LENGTH))
    if (open.size >= maxStreams) throw busy(`${maxStreams} streams are open already`)
    const origin = originOf(request)
    const complete: Complete = (values, from, files) => presenter.streamed(prediction, values, from, files, origin)
    reply.hijack()
    if (reply.raw.destroyed) return
    const stream = new EventStream(reply.raw, stalledMs)
    open.add(stream)
    // When all has been taken, or the reader has gone.
    reply.raw.once('close', () => open.delete(stream))
    try {
      await sendOutput(stream, prediction, live, complete, request.headers['last-event-id']?.toString())
    } catch (error) {
      request.log.error({ err: error, prediction: prediction.id }, 'a stream broke off')
    }
    stream.end()
  }

  app.get('/v1/streams/:token', streamRoute('predictions.stream', 'the output'), answer)
  // Beside the uploads, whose ids have no hyphen.
  app.get('/v1/files/strm-:token', streamRoute('predictions.stream-files', 'the files'), answer)
}

type StreamRequest = FastifyRequest<{ Params: { token: string } }>

function streamRoute(operationId: string, what: string) {
  return {
    exposeHeadRoute: false,
    config: { capability: true },
    schema: {
      operationId,
      summary: `Read ${what} of a prediction as it is made`,
      description: 'Server-sent events `output`, `error` and `done`, from the start or after `Last-Event-ID`.',
      security: [],
      params: Type.Object({ token: Type.String() }),
      response: {
        200: Type.Unsafe({ content: { 'text/event-stream': { schema: { type: 'string' } } } }),
        ...problems,
      },
    },
  }
}

/** Puts texts in the places of the files among streamed values. */
type Complete = (values: readonly unknown[], from: number, files: readonly ServedFile[]) => Promise<readonly unknown[]>

/** An event whose id is its place in the stream. */
type NumberedEvent = Omit<ServerSentEvent, 'id'> & { seq: number }

/** Backfills, then follows; one number orders all: the index of the value in the output. */
async function sendOutput(
  stream: EventStream,
  stored: Prediction,
  live: LivePrediction | undefined,
  complete: Complete,
  lastEventId: string | undefined,
): Promise<void> {
  const values = (): readonly unknown[] => (live && !live.ended ? live.streamed : listOf((live?.view ?? stored).output))
  const files = () => (live && !live.ended ? live.streamedFiles : (live?.view ?? stored).outputFiles)
  // The same ids for every reader and at every replay.
  const second = Math.floor(stored.createdAt / 1000)
  const format = (events: NumberedEvent[]) =>
    events.map(({ seq, ...event }) => formatEvent({ ...event, id: `${second}:${seq}` })).join('')
  const send = (events: NumberedEvent[]) => stream.send(format(events))
  let next = resumeAt(lastEventId, values().length)
  const changes = watch(live, stream.closed.signal)
  for (;;) {
    while (next < values().length && !stream.closed.signal.aborted) {
      const part = values().slice(next, next + BATCH)
      const from = next
      next += part.length
      if (live && files().length === 0) {
        await stream.send(shared(live, from, next, () => format(outputEvents(from, part))))
        continue
      }
      const batch = await complete(part, from, files()).catch(async (error: unknown) => {
        await send(failureEvents('The server could not read a file', from))
        throw error
      })
      await send(outputEvents(from, batch))
    }
    if (stream.closed.signal.aborted) return
    if (!live || live.ended) return send(endEvents(live?.view ?? stored, next))
    if (live.left) return send(failureEvents('The server stops', next))
    await changes.next()
  }
}

interface Part {
  from: number
  to: number
  bytes: Buffer
}

/** What was last sent of each prediction: most of its readers stand at the same place, and want the same bytes. */
const lastParts = new WeakMap<LivePrediction, Part>()

/** Values once streamed do not change, so that their places tell whether it is the same part. */
function shared(live: LivePrediction, from: number, to: number, make: () => string): Buffer {
  const last = lastParts.get(live)
  if (last?.from === from && last.to === to) return last.bytes
  const bytes = Buffer.from(make())
  if (bytes.length <= LARGEST_SHARED) lastParts.set(live, { from, to, bytes })
  return bytes
}

/** After the last event seen; an id that cannot be ours, or lies beyond what there is, resumes at the end (rules 4). */
function resumeAt(lastEventId: string | undefined, length: number): number {
  if (!lastEventId) return 0
  const seq = /^\d+:(\d+)$/.exec(lastEventId)?.[1]
  return seq === undefined ? length : Math.min(Number(seq) + 1, length)
}

/** Tells of each change that readers may see, and of the reader's going, which ends the watch. */
function watch(live: LivePrediction | undefined, closed: AbortSignal): { next(): Promise<void> } {
  let changed = Promise.withResolvers<void>()
  const stop = live?.onChange(() => changed.resolve())
  closed.addEventListener('abort', () => {
    stop?.()
    changed.resolve()
  })
  return {
    async next() {
      await changed.promise
      changed = Promise.withResolvers()
    },
  }
}

function listOf(output: unknown): unknown[] {
  return Array.isArray(output) ? output : []
}

/** @param from place of the first value */
function outputEvents(from: number, values: readonly unknown[]): NumberedEvent[] {
  return values.map((value, index) => ({
    event: 'output',
    seq: from + index,
    data: typeof value === 'string' ? value : JSON.stringify(value),
  }))
}

function endEvents(p: Prediction, seq: number): NumberedEvent[] {
  if (!isTerminal(p.status)) return failureEvents('The prediction was interrupted', seq)
  if (p.status === 'failed') return failureEvents(p.error ?? '', seq)
  if (p.status === 'aborted') return failureEvents('The prediction was aborted before it started', seq)
  return [doneEvent(seq, p.status === 'canceled' ? { reason: 'canceled' } : {})]
}

function failureEvents(detail: string, seq: number): NumberedEvent[] {
  return [{ event: 'error', seq, data: JSON.stringify({ detail }) }, doneEvent(seq + 1, { reason: 'error' })]
}

function doneEvent(seq: number, data: { reason?: string }): NumberedEvent {
  return { event: 'done', seq, data: JSON.stringify(data) }
}
