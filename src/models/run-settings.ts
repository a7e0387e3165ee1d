import { type Static, Type } from '@sinclair/typebox'
import { parseBytes } from '../byte-size.ts'
import { parseDuration } from '../duration.ts'
import { AppError } from '../errors.ts'
import { EXECUTION_PROVIDERS, type ExecutionProvider } from '../runner/execution-provider.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'

const MOST_REPLICAS = 64
const MOST_BATCH = 4096

const Duration = Type.Union([Type.String(), Type.Integer({ minimum: 1 })])

/** The `run:` section of model.yaml. */
export const RunYaml = Type.Object(
  {
    replicas: Type.Optional(
      Type.Object(
        {
          min: Type.Optional(Type.Integer({ minimum: 0, maximum: MOST_REPLICAS })),
          max: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_REPLICAS })),
        },
        { additionalProperties: false },
      ),
    ),
    max_batch: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_BATCH })),
    threads: Type.Optional(Type.Integer({ minimum: 1 })),
    setup_timeout: Type.Optional(Duration),
    predict_timeout: Type.Optional(Duration),
    train_timeout: Type.Optional(Duration),
    idle_timeout: Type.Optional(Duration),
    memory: Type.Optional(Type.Union([Type.String(), Type.Integer({ minimum: 1 })])),
    execution_providers: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
    session_options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
)

/** What holds where a package says nothing. */
export const DEFAULT_RUN: RunSettings = {
  minReplicas: 0,
  maxReplicas: 1,
  maxBatch: 32,
  threads: null,
  setupTimeoutMs: 5 * 60_000,
  predictTimeoutMs: 30 * 60_000,
  trainTimeoutMs: 6 * 3_600_000,
  idleTimeoutMs: 10 * 60_000,
  memoryBytes: null,
  executionProviders: 'auto',
  sessionOptions: {},
}

/** @throws AppError `invalid` that names the setting */
export function readRunSettings(yaml: Static<typeof RunYaml>): RunSettings {
  const { replicas = {} } = yaml
  const { min = DEFAULT_RUN.minReplicas, max = Math.max(min, DEFAULT_RUN.maxReplicas) } = replicas
  if (max < min) throw new AppError('invalid', `model.yaml: run.replicas: max is ${max}, less than min, ${min}`)
  return {
    minReplicas: min,
    maxReplicas: max,
    maxBatch: yaml.max_batch ?? DEFAULT_RUN.maxBatch,
    threads: yaml.threads ?? DEFAULT_RUN.threads,
    setupTimeoutMs: duration('setup_timeout', yaml.setup_timeout) ?? DEFAULT_RUN.setupTimeoutMs,
    predictTimeoutMs: duration('predict_timeout', yaml.predict_timeout) ?? DEFAULT_RUN.predictTimeoutMs,
    trainTimeoutMs: duration('train_timeout', yaml.train_timeout) ?? DEFAULT_RUN.trainTimeoutMs,
    idleTimeoutMs: duration('idle_timeout', yaml.idle_timeout) ?? DEFAULT_RUN.idleTimeoutMs,
    memoryBytes: memory(yaml.memory) ?? DEFAULT_RUN.memoryBytes,
    executionProviders: executionProviders(yaml.execution_providers ?? 'auto'),
    sessionOptions: yaml.session_options ?? DEFAULT_RUN.sessionOptions,
  }
}

function duration(name: string, value: string | number | undefined): number | undefined {
  if (value === undefined) return
  const milliseconds = parseDuration(String(value))
  if (!milliseconds)
    throw new AppError('invalid', `model.yaml: run.${name}: "${value}" is not a duration such as 30s or 5m`)
  return milliseconds
}

function executionProviders(value: string | readonly string[]): 'auto' | ExecutionProvider[] {
  if (value === 'auto') return value
  const names = typeof value === 'string' ? [value] : value
  const known = names.flatMap((name) => EXECUTION_PROVIDERS.find((provider) => provider === name) ?? [])
  if (known.length > 0 && known.length === names.length) return known
  throw new AppError(
    'invalid',
    `model.yaml: run.execution_providers: "${names}" is neither auto nor one or more of ${EXECUTION_PROVIDERS.join(', ')}`,
  )
}

function memory(value: string | number | undefined): number | undefined {
  if (value === undefined) return
  const bytes = parseBytes(String(value))
  if (bytes === undefined)
    throw new AppError('invalid', `model.yaml: run.memory: "${value}" is not a size such as 512MiB or 4GiB`)
  return bytes
}
