import { availableParallelism } from 'node:os'
import { parseBytes } from '../byte-size.ts'
import { parseDuration } from '../duration.ts'
import {
  integer,
  type ListenAddress,
  lifetime,
  listenAddress,
  memory,
  nonEmpty,
  onOff,
  origin,
  percent,
  rateLimit,
  tokens,
  usernames,
  within,
} from './values.ts'

export interface Setting<Value> {
  /** `REPRISE_<name>` is the variable, and the name in small letters with dashes the flag. */
  name: string
  /** What it is for, as `reprise serve --help` shows it. */
  meaning: string
  /** Written as a user would set it; undefined where it may stay unset. */
  default: string | undefined
  /** What the default is where that depends on the machine. */
  defaultInWords?: string
  /** Returns undefined for a value that makes no sense. */
  parse: (text: string) => Value | undefined
  /** What a sensible value looks like, for the message about one that is not. */
  expected: string
  /** Not repeated in messages, which end up in logs. */
  secret?: boolean
}

export function variableName(name: string): string {
  return `REPRISE_${name}`
}

export function flagName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** The default as people read it; undefined where there is none. */
export function shownDefault({ default: fallback, defaultInWords }: Setting<unknown>): string | undefined {
  return defaultInWords ?? (fallback || undefined)
}

function setting<Value>(definition: Setting<Value>): Setting<Value> {
  return definition
}

const FILE_OUTPUTS = ['auto', 'url', 'data-uri'] as const
const AUTO_ON_OFF = ['auto', 'on', 'off'] as const
const METRICS_READERS = ['operators', 'open', 'off'] as const
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** All that can be set, by the name that the code knows it under, in the order in which it is told. */
export const SETTINGS = {
  host: setting({
    name: 'HOST',
    meaning: 'listen address',
    default: '127.0.0.1',
    parse: nonEmpty,
    expected: 'an address',
  }),
  port: setting({
    name: 'PORT',
    meaning: 'listen port; 0 takes a free one',
    default: '3000',
    parse: integer(0, 65535),
    expected: 'a number from 0 to 65535',
  }),
  publicUrl: setting<string | undefined>({
    name: 'PUBLIC_URL',
    meaning: "origin of every URL handed out; unset: the request's origin",
    default: undefined,
    parse: origin,
    expected: 'an origin such as https://models.example.com, without a path',
  }),
  dataDir: setting({
    name: 'DATA_DIR',
    meaning: 'database, snapshots, files',
    default: './data',
    parse: nonEmpty,
    expected: 'a folder',
  }),
  modelsDirs: setting({
    name: 'MODELS_DIR',
    meaning: 'folders of model packages, separated by ":"',
    default: './models',
    parse: (text) => text.split(':').filter(Boolean),
    expected: 'folders',
  }),
  bundledModels: setting({
    name: 'BUNDLED_MODELS',
    meaning: 'serve the models that come with reprise',
    default: 'on',
    parse: onOff,
    expected: 'on or off',
  }),
  apiTokens: setting({
    name: 'API_TOKENS',
    meaning: 'accepted tokens, "token" or "username:token", separated by ","',
    default: '',
    parse: tokens,
    expected: 'tokens without spaces and colons, each for one account, such as alice:r8_secret',
    secret: true,
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    meaning: 'least level of log lines',
    default: 'info',
    parse: (text) => LOG_LEVELS.find((level) => level === text),
    expected: `one of ${LOG_LEVELS.join(', ')}`,
  }),
  threads: setting({
    name: 'THREADS',
    meaning: 'cores shared by all models',
    default: String(availableParallelism()),
    defaultInWords: 'all cores',
    parse: integer(1, 1024),
    expected: 'a number from 1 to 1024',
  }),
  memoryBytes: setting({
    name: 'MEMORY',
    meaning: 'memory shared by all models: a part of what the machine has, or a size such as 8GiB',
    default: '75%',
    parse: memory,
    expected: 'a percentage such as 75%, or a size such as 8GiB',
  }),
  operators: setting({
    name: 'OPERATORS',
    meaning: 'accounts that see all there is to see, separated by ","; local always does',
    default: '',
    parse: usernames,
    expected: 'names of accounts, such as alice,bob',
  }),
  durability: setting({
    name: 'DURABILITY',
    meaning: 'full: an answered create survives power loss; normal: a crash of the process',
    default: 'full',
    parse: (text) => (text === 'full' || text === 'normal' ? text : undefined),
    expected: 'full or normal',
  }),
  maxQueue: setting({
    name: 'MAX_QUEUE',
    meaning: 'queued predictions before creates are refused',
    default: '10000',
    parse: integer(1, 1_000_000),
    expected: 'a number from 1 to 1000000',
  }),
  queueShare: setting({
    name: 'QUEUE_SHARE',
    meaning: 'part of MAX_QUEUE that one account may take; auto: 50%, or all where there is one account',
    default: 'auto',
    parse: (text) => (text === 'auto' ? text : percent(text)),
    expected: 'auto or a percentage such as 50%',
  }),
  rateLimit: setting({
    name: 'RATE_LIMIT',
    meaning: 'requests of an account in a minute: off, replicate (creates=600,others=3000), or numbers of your own',
    default: 'off',
    parse: rateLimit,
    expected: 'off, replicate, or limits such as creates=600,others=3000',
  }),
  globalRateLimit: setting({
    name: 'GLOBAL_RATE_LIMIT',
    meaning: 'the same for all accounts together',
    default: 'off',
    parse: rateLimit,
    expected: 'off, replicate, or limits such as creates=600,others=3000',
  }),
  maxConnections: setting({
    name: 'MAX_CONNECTIONS',
    meaning: 'open connections; what is more is closed at once',
    default: '10000',
    parse: integer(1, 1_000_000),
    expected: 'a number from 1 to 1000000',
  }),
  maxStreams: setting({
    name: 'MAX_STREAMS',
    meaning: 'open streams of output; what is more is told to come again',
    default: '5000',
    parse: integer(1, 1_000_000),
    expected: 'a number from 1 to 1000000',
  }),
  bodyLimitBytes: setting({
    name: 'BODY_LIMIT',
    meaning: 'longest request body in bytes, or with a unit: 32MiB',
    default: '32MiB',
    parse: parseBytes,
    expected: 'a size such as 32MiB',
  }),
  shutdownGraceMs: setting({
    name: 'SHUTDOWN_GRACE',
    meaning: 'time that running predictions have to finish at shutdown',
    default: '30s',
    parse: parseDuration,
    expected: 'a duration such as 30s',
  }),
  retentionMs: setting({
    name: 'RETENTION',
    meaning: 'how long input, output, logs and files of a finished prediction stay; off keeps them',
    default: '1h',
    parse: (text) => lifetime(text, 1_000),
    expected: 'off or a duration such as 1h or 7d',
  }),
  recordRetentionMs: setting({
    name: 'RECORD_RETENTION',
    meaning:
      'how long the rest of it stays, and an old version of a package that nobody uses; at least 1d, off keeps them',
    default: '30d',
    // An idempotency key holds for a day, and lives in the row.
    parse: (text) => lifetime(text, 24 * 3_600_000),
    expected: 'off or a duration from 1d, such as 30d',
  }),
  fileOutputs: setting({
    name: 'FILE_OUTPUTS',
    meaning: 'how answers show files: url, data-uri, or auto: data URIs for clients that need them',
    default: 'auto',
    parse: (text) => FILE_OUTPUTS.find((way) => way === text),
    expected: `one of ${FILE_OUTPUTS.join(', ')}`,
  }),
  privateNetwork: setting({
    name: 'PRIVATE_NETWORK',
    meaning: 'may input URLs lead to private and loopback addresses? auto: yes when listening on loopback',
    default: 'auto',
    parse: (text) => AUTO_ON_OFF.find((way) => way === text),
    expected: `one of ${AUTO_ON_OFF.join(', ')}`,
  }),
  downloadTimeoutMs: setting({
    name: 'DOWNLOAD_TIMEOUT',
    meaning: 'time to download one input file, redirects included',
    default: '2m',
    parse: (text) => parseDuration(text) || undefined,
    expected: 'a duration such as 2m',
  }),
  webhookRetryMs: setting({
    name: 'WEBHOOK_RETRY',
    meaning: 'how long the last webhook of a prediction is tried again while its receiver fails; at most 24h',
    default: '1m',
    parse: (text) => within(parseDuration(text), 24 * 3_600_000),
    expected: 'a duration up to 24h, such as 1m',
  }),
  pushCode: setting({
    name: 'PUSH_CODE',
    meaning: 'may operators push packages with code? auto: yes without tokens',
    default: 'auto',
    parse: (text) => AUTO_ON_OFF.find((way) => way === text),
    expected: `one of ${AUTO_ON_OFF.join(', ')}`,
  }),
  pushLimitBytes: setting({
    name: 'PUSH_LIMIT',
    meaning: 'largest package that can be pushed, in bytes, or with a unit: 4GiB',
    default: '4GiB',
    parse: parseBytes,
    expected: 'a size such as 4GiB',
  }),
  playground: setting({
    name: 'PLAYGROUND',
    meaning: 'serve the pages in which models can be looked at and run',
    default: 'on',
    parse: onOff,
    expected: 'on or off',
  }),
  metrics: setting<(typeof METRICS_READERS)[number] | ListenAddress>({
    name: 'METRICS',
    meaning:
      'who may read /metrics: operators, open (everybody) or off; or an address of its own, such as 127.0.0.1:9090, that asks for no token',
    default: 'operators',
    parse: (text) => METRICS_READERS.find((readers) => readers === text) ?? listenAddress(text),
    expected: 'operators, open, off, or an address such as 127.0.0.1:9090',
  }),
  trustProxy: setting({
    name: 'TRUST_PROXY',
    meaning: 'believe X-Forwarded-* headers',
    default: 'off',
    parse: onOff,
    expected: 'on or off',
  }),
}
