/** Every metric of this server: what it is called, what it means, and what sets its series apart. */

export interface MetricDefinition {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly string[]
  /** Upper bounds, of a histogram. */
  buckets?: readonly number[]
}

/** From what takes no time to what takes an hour. */
const STAGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600]
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const COMMIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600]
const COUNT_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256]

export const METRICS = {
  predictionsCreated: {
    name: 'reprise_predictions_created_total',
    help: 'Predictions and trainings that were accepted',
    type: 'counter',
    labels: ['model'],
  },
  predictionsEnded: {
    name: 'reprise_predictions_ended_total',
    help: 'Predictions and trainings that have ended; outcome is succeeded, failed, canceled or aborted',
    type: 'counter',
    labels: ['model', 'version', 'outcome'],
  },
  predictionsLive: {
    name: 'reprise_predictions_live',
    help: 'Predictions and trainings that have been accepted and have not ended',
    type: 'gauge',
    labels: ['model'],
  },
  queueLength: {
    name: 'reprise_queue_length',
    help: 'Predictions and trainings that wait for a runner',
    type: 'gauge',
    labels: ['model'],
  },
  stageSeconds: {
    name: 'reprise_prediction_stage_seconds',
    help: 'Time that predictions have spent in each stage: queue (waiting for a runner), fetch (of inputs named by URL), load (of the model), batch (waiting in the runner), run, store (of output files)',
    type: 'histogram',
    labels: ['model', 'stage'],
    buckets: STAGE_BUCKETS,
  },
  batchSize: {
    name: 'reprise_batch_size',
    help: 'Inputs that models which take many were given at once',
    type: 'histogram',
    labels: ['model'],
    buckets: COUNT_BUCKETS,
  },
  runners: {
    name: 'reprise_runners',
    help: 'Runner processes by state: loading, ready, busy, idle, ending, spare; and versions that cannot be loaded: broken',
    type: 'gauge',
    labels: ['model', 'state'],
  },
  runnerMemory: {
    name: 'reprise_runner_memory_bytes',
    help: 'Memory that runners hold (proportional set size, measured every two seconds); that of the spare one has no model',
    type: 'gauge',
    labels: ['model'],
  },
  memoryLimit: {
    name: 'reprise_runner_memory_limit_bytes',
    help: 'Memory that all runners may hold together',
    type: 'gauge',
    labels: [],
  },
  runnerRestarts: {
    name: 'reprise_runner_restarts_total',
    help: 'Runners that ended unasked and are replaced when there is work; reason is a signal, exit, setup_timeout, memory, refused, stalled or canceled',
    type: 'counter',
    labels: ['model', 'reason'],
  },
  webhookTries: {
    name: 'reprise_webhook_tries_total',
    help: 'Tries to hand over a webhook; outcome is delivered, retried, failed or superseded',
    type: 'counter',
    labels: ['event', 'outcome'],
  },
  webhookLag: {
    name: 'reprise_webhook_lag_seconds',
    help: 'Time from when the try that delivered a webhook was due to when its receiver had taken it',
    type: 'histogram',
    labels: ['event'],
    buckets: LAG_BUCKETS,
  },
  streamsOpen: {
    name: 'reprise_streams_open',
    help: 'Streams of outputs that are being read',
    type: 'gauge',
    labels: [],
  },
  httpSeconds: {
    name: 'reprise_http_request_seconds',
    help: 'Requests by route, and the time until their whole answer was sent; status is a class such as 2xx',
    type: 'histogram',
    labels: ['method', 'route', 'status'],
    buckets: HTTP_BUCKETS,
  },
  commitSeconds: {
    name: 'reprise_commit_seconds',
    help: 'Time that the transactions of the database took',
    type: 'histogram',
    labels: [],
    buckets: COMMIT_BUCKETS,
  },
  commitWrites: {
    name: 'reprise_commit_writes',
    help: 'Changes that were committed together',
    type: 'histogram',
    labels: [],
    buckets: COUNT_BUCKETS,
  },
} as const satisfies Record<string, MetricDefinition>

/** The same as a list, for a table of them; beside these stand `process_*` and `nodejs_*`, the event loop's lag among them. */
export const METRIC_LIST: readonly MetricDefinition[] = Object.values(METRICS)
