import type { IncomingHttpHeaders } from 'node:http'
import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { PredictionObserver, Story } from '../predictions/observer.ts'
import type { Prediction } from '../predictions/prediction.ts'
import type { Stage } from '../predictions/timeline.ts'
import { doneWithin } from '../timer.ts'
import type { TracedTry } from '../webhooks/attempt.ts'
import type { Delivery } from '../webhooks/delivery.ts'
import { parseTraceContext, parseTraceparent, type TraceContext } from './trace-context.ts'

const FLUSH_MS = 5_000

const STAGE_NAMES: Record<Stage, string> = {
  queue: 'queue',
  fetch: 'fetch input',
  load: 'load model',
  batch: 'batch wait',
  run: 'run',
  store: 'store output',
}

/** A request that is traced. */
export interface TracedRequest {
  /** Of its own span: what it causes belongs below. */
  readonly context: TraceContext
  end(status: number): void
}

/** @returns undefined where nobody has registered with OpenTelemetry's API before the server was started */
export function findTracing(): Tracing | undefined {
  const provider = trace.getTracerProvider()
  if (!(provider instanceof ProxyTracerProvider)) return new Tracing(provider)
  return provider.getDelegateTracer('reprise') && new Tracing(provider.getDelegate())
}

/** Makes spans of what happens; whoever has registered with OpenTelemetry's API says what becomes of them. */
export class Tracing {
  readonly #provider: TracerProvider
  readonly #tracer: Tracer
  readonly predictions: PredictionObserver

  constructor(provider: TracerProvider) {
    this.#provider = provider
    this.#tracer = provider.getTracer('reprise')
    this.predictions = { onEnded: (p, story) => this.#tellPrediction(p, story) }
  }

  startRequest(headers: IncomingHttpHeaders, { method, route }: { method: string; route: string }): TracedRequest {
    // Where HTTP is instrumented, too, there is a span already.
    const active = context.active()
    const parent = trace.getSpan(active) ? active : contextOf(parseTraceContext(headers))
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = this.#tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    return {
      context: traceContextOf(span),
      end(status) {
        span.setAttribute('http.response.status_code', status)
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  /** @param parent of the prediction that is told of */
  startTry({ id, predictionId, event, tries }: Delivery, parent: TraceContext | null): TracedTry {
    const attributes = {
      'reprise.prediction.id': predictionId,
      'reprise.webhook.id': id,
      'reprise.webhook.event': event,
      'reprise.webhook.try': tries.length + 1,
    }
    const span = this.#tracer.startSpan(`webhook ${event}`, { kind: SpanKind.CLIENT, attributes }, contextOf(parent))
    return {
      headers: traceContextOf(span),
      end(outcome) {
        const { status = null, error = null } = outcome ?? {}
        if (status !== null) span.setAttribute('http.response.status_code', status)
        if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
        span.end()
      },
    }
  }

  /** Hands over what has not been told yet, where the provider can. */
  async flush(): Promise<void> {
    const provider: unknown = this.#provider
    if (canFlush(provider))
      await doneWithin(
        FLUSH_MS,
        provider.forceFlush().catch(() => {}),
      )
  }

  /** When it has ended all is known: one span for the whole, and one for each stage. */
  #tellPrediction(p: Prediction, { timeline: { intervals } }: Story): void {
    const { id, model, version, status, createdAt, completedAt } = p
    const end = Math.max(createdAt + (intervals.at(-1)?.to ?? 0), completedAt ?? createdAt)
    const attributes = {
      'reprise.prediction.id': id,
      'reprise.model': model,
      'reprise.version': version,
      'reprise.outcome': status,
    }
    const whole = this.#tell(p.destination === null ? 'prediction' : 'training', contextOf(p.trace), {
      from: createdAt,
      to: end,
      attributes,
      failed: status === 'failed',
    })
    const below = trace.setSpan(ROOT_CONTEXT, whole)
    for (const { stage, from, to } of intervals)
      this.#tell(STAGE_NAMES[stage], below, { from: createdAt + from, to: createdAt + to })
  }

  #tell(
    name: string,
    parent: Context,
    {
      from,
      to,
      attributes = {},
      failed = false,
    }: { from: number; to: number; attributes?: Attributes; failed?: boolean },
  ): Span {
    const span = this.#tracer.startSpan(name, { startTime: from, attributes }, parent)
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(to)
    return span
  }
}

function contextOf(from: TraceContext | null): Context {
  const parent = from && parseTraceparent(from.traceparent)
  if (!parent) return ROOT_CONTEXT
  const state = from.tracestate === undefined ? {} : { traceState: createTraceState(from.tracestate) }
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, ...state, isRemote: true })
}

function traceContextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}

function canFlush(provider: unknown): provider is { forceFlush(): Promise<void> } {
  return typeof provider === 'object' && provider !== null && 'forceFlush' in provider
}
