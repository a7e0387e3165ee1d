import { constants } from 'node:os'
import prometheus from 'prom-client'
import type { Clock } from '../clock.ts'
import type { CommitObserver } from '../db/writer.ts'
import type { RequestObserver } from '../http/request-end.ts'
import type { PredictionObserver } from '../predictions/observer.ts'
import { isTerminal, STATUSES } from '../predictions/prediction.ts'
import { STAGES } from '../predictions/timeline.ts'
import { END_CAUSES, type SchedulerObserver } from '../scheduler/observer.ts'
import type { RunnerStatus } from '../scheduler/status.ts'
import type { WebhookObserver } from '../webhooks/observer.ts'
import { BoundedLabels, OTHER } from './bounded-labels.ts'
import { METRICS, type MetricDefinition } from './definitions.ts'
import { Exposition } from './exposition.ts'

const MOST_MODELS = 100
const MOST_VERSIONS = 200
/** Each look at how late the event loop is wakes an idle server. */
const LOOP_PRECISION_MS = 50

const OUTCOMES = STATUSES.filter(isTerminal)
const REASONS = [...END_CAUSES, 'exit', ...Object.keys(constants.signals)]

/** What there is at the moment of a scrape. */
export interface Sources {
  runners(): readonly RunnerStatus[]
  memoryLimitBytes: number
  /** Predictions that wait, by model; a model may come more than once. */
  queues(): Iterable<readonly [model: string, queued: number]>
  /** Predictions that have not ended, by model. */
  live(): Iterable<readonly [model: string, count: number]>
  openStreams(): number
}

type Labels<Definition extends MetricDefinition> = Definition['labels'][number]

/** Counts what the rooms tell, and shows it in the text format of Prometheus. */
export class Metrics {
  readonly #registry = new prometheus.Registry()
  readonly exposition: Exposition
  readonly contentType = prometheus.Registry.PROMETHEUS_CONTENT_TYPE
  readonly predictions: PredictionObserver
  readonly scheduler: SchedulerObserver
  readonly webhooks: WebhookObserver
  readonly commits: CommitObserver
  readonly requests: RequestObserver
  readonly #models: BoundedLabels
  /** `owner/name version` */
  readonly #versions: BoundedLabels

  constructor(clock: Pick<Clock, 'monotonic'>) {
    const now = () => clock.monotonic()
    const created = this.#counter(METRICS.predictionsCreated)
    const ended = this.#counter(METRICS.predictionsEnded)
    const stages = this.#histogram(METRICS.stageSeconds)
    const batches = this.#histogram(METRICS.batchSize)
    const restarts = this.#counter(METRICS.runnerRestarts)
    this.#models = new BoundedLabels({
      most: MOST_MODELS,
      now,
      onForgotten(model) {
        created.remove({ model })
        for (const outcome of OUTCOMES) ended.remove({ model, version: OTHER, outcome })
        for (const stage of STAGES) stages.remove({ model, stage })
        for (const reason of REASONS) restarts.remove({ model, reason })
        batches.remove({ model })
      },
    })
    this.#versions = new BoundedLabels({
      most: MOST_VERSIONS,
      now,
      onForgotten(key) {
        const [model = '', version = ''] = key.split(' ')
        for (const outcome of OUTCOMES) ended.remove({ model, version, outcome })
      },
    })
    this.predictions = {
      onCreated: ({ model }) => created.inc({ model: this.#models.labelOf(model) }),
      onEnded: ({ model: name, version: id, status }, { timeline }) => {
        const model = this.#models.labelOf(name)
        const version = model === OTHER || this.#versions.labelOf(`${name} ${id}`) === OTHER ? OTHER : id
        ended.inc({ model, version, outcome: status })
        for (const [stage, ms] of timeline.totals) stages.observe({ model, stage }, ms / 1000)
      },
    }
    this.scheduler = {
      onBatch: ({ model }, size) => batches.observe({ model: this.#models.labelOf(model) }, size),
      onDied: ({ model }, reason) => restarts.inc({ model: this.#models.labelOf(model), reason }),
    }
    this.webhooks = this.#webhookObserver()
    this.commits = this.#commitObserver()
    this.requests = this.#requestObserver()
    prometheus.collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS })
    this.exposition = new Exposition(() => this.#registry.metrics(), now)
  }

  /** Says where to look at a scrape. */
  watch({ runners, memoryLimitBytes, queues, live, openStreams }: Sources): void {
    this.#gauge(METRICS.predictionsLive, (gauge) => {
      for (const [model, count] of live()) gauge.inc({ model: this.#models.labelOf(model) }, count)
    })
    this.#gauge(METRICS.queueLength, (gauge) => {
      for (const [model, queued] of queues()) gauge.inc({ model: this.#models.labelOf(model) }, queued)
    })
    this.#gauge(METRICS.runners, (gauge) => {
      for (const { version, state } of runners()) gauge.inc({ model: this.#modelOf(version), state })
    })
    this.#gauge(METRICS.runnerMemory, (gauge) => {
      for (const { version, memoryBytes } of runners())
        if (memoryBytes !== null) gauge.inc({ model: this.#modelOf(version) }, memoryBytes)
    })
    this.#gauge(METRICS.memoryLimit, (gauge) => gauge.set(memoryLimitBytes))
    this.#gauge(METRICS.streamsOpen, (gauge) => gauge.set(openStreams()))
  }

  /** Forgets a version that is gone. */
  forgetVersion(model: string, version: string): void {
    this.#versions.forget(`${model} ${version}`)
  }

  #modelOf(version: RunnerStatus['version']): string {
    return version ? this.#models.labelOf(version.model) : ''
  }

  #webhookObserver(): WebhookObserver {
    const tries = this.#counter(METRICS.webhookTries)
    const lag = this.#histogram(METRICS.webhookLag)
    return {
      onTried({ event, state }, lagMs) {
        tries.inc({ event, outcome: state === 'waiting' ? 'retried' : state })
        if (state === 'delivered') lag.observe({ event }, lagMs / 1000)
      },
    }
  }

  #commitObserver(): CommitObserver {
    const seconds = this.#histogram(METRICS.commitSeconds)
    const sizes = this.#histogram(METRICS.commitWrites)
    return (writes, ms) => {
      seconds.observe(ms / 1000)
      sizes.observe(writes)
    }
  }

  #requestObserver(): RequestObserver {
    const seconds = this.#histogram(METRICS.httpSeconds)
    return ({ method, route, status, ms }) => {
      const labels = { method: route === undefined ? OTHER : method, route: route ?? OTHER }
      seconds.observe({ ...labels, status: `${Math.floor(status / 100)}xx` }, ms / 1000)
    }
  }

  #counter<Definition extends MetricDefinition>(definition: Definition) {
    return new prometheus.Counter<Labels<Definition>>(this.#configuration(definition))
  }

  #histogram<Definition extends MetricDefinition>(definition: Definition) {
    return new prometheus.Histogram<Labels<Definition>>({
      ...this.#configuration(definition),
      buckets: [...(definition.buckets ?? [])],
    })
  }

  #gauge<Definition extends MetricDefinition>(
    definition: Definition,
    read: (gauge: prometheus.Gauge<Labels<Definition>>) => void,
  ): void {
    new prometheus.Gauge<Labels<Definition>>({
      ...this.#configuration(definition),
      collect() {
        this.reset()
        read(this)
      },
    })
  }

  #configuration<Definition extends MetricDefinition>({ name, help, labels }: Definition) {
    const labelNames: Labels<Definition>[] = [...labels]
    return { name, help, labelNames, registers: [this.#registry] }
  }
}
