import { availableParallelism, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { parseBytes } from './byte-size.ts'
import { parseDuration } from './duration.ts'
import { AppError, messageOf } from './errors.ts'

/** Everything that can be set, with defaults filled in. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Origin of every URL we hand out; undefined means the one of the request. */
  readonly publicUrl: string | undefined
  readonly dataDir: string
  readonly modelsDirs: readonly string[]
  readonly bundledModels: boolean
  /** `token` or `username:token` */
  readonly apiTokens: readonly string[]
  readonly logLevel: string
  /** Cores shared by all runners. */
  readonly threads: number
  /** Bytes that all runners may hold together. */
  readonly memoryBytes: number
  /** Accounts that may see and do everything, beside `local`. */
  readonly operators: readonly string[]
  readonly durability: 'full' | 'normal'
  readonly maxQueue: number
  readonly bodyLimitBytes: number
  readonly shutdownGraceMs: number
  /** How long input, output, logs and files of a finished prediction stay; undefined keeps them. */
  readonly retentionMs: number | undefined
  /** How answers show files; `auto`: as data URIs where a client would make nothing of a URL. */
  readonly fileOutputs: (typeof FILE_OUTPUTS)[number]
  /** Whether input URLs may lead to private and loopback addresses. */
  readonly privateNetwork: boolean
  /** No retry of a webhook is made later than this after its first try. */
  readonly webhookRetryMs: number
  /** For one input file, redirects included. */
  readonly downloadTimeoutMs: number
  /** Whether operators may push packages with code. */
  readonly pushCode: boolean
  /** Bytes of one package that is pushed. */
  readonly pushLimitBytes: number
  /** Whether X-Forwarded-* headers are believed. */
  readonly trustProxy: boolean
}

interface Setting<Value> {
  /** What it is for, as `reprise serve --help` shows it. */
  meaning: string
  /** Written as a user would set it; undefined where it may stay unset. */
  default: string | undefined
  /** Returns undefined for a value that makes no sense. */
  parse: (text: string) => Value | undefined
  /** What a sensible value looks like, for the message about one that is not. */
  expected: string
  /** Not repeated in messages, which end up in logs. */
  secret?: boolean
}

function setting<Value>(definition: Setting<Value>): Setting<Value> {
  return definition
}

const FILE_OUTPUTS = ['auto', 'url', 'data-uri'] as const
const PRIVATE_NETWORK = ['auto', 'on', 'off'] as const
const PUSH_CODE = ['auto', 'on', 'off'] as const
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

const SETTINGS = {
  HOST: setting({ meaning: 'listen address', default: '127.0.0.1', parse: nonEmpty, expected: 'an address' }),
  PORT: setting({
    meaning: 'listen port; 0 takes a free one',
    default: '3000',
    parse: integer(0, 65535),
    expected: 'a number from 0 to 65535',
  }),
  PUBLIC_URL: setting({
    meaning: "origin of every URL handed out; unset: the request's origin",
    default: undefined,
    parse: origin,
    expected: 'an origin such as https://models.example.com, without a path',
  }),
  DATA_DIR: setting({
    meaning: 'database, snapshots, files',
    default: './data',
    parse: nonEmpty,
    expected: 'a folder',
  }),
  MODELS_DIR: setting({
    meaning: 'folders of model packages, separated by ":"',
    default: './models',
    parse: (text) => text.split(':').filter(Boolean),
    expected: 'folders',
  }),
  BUNDLED_MODELS: setting({
    meaning: 'serve the models that come with reprise',
    default: 'on',
    parse: onOff,
    expected: 'on or off',
  }),
  API_TOKENS: setting({
    meaning: 'accepted tokens, "token" or "username:token", separated by ","',
    default: '',
    parse: tokens,
    expected: 'tokens without spaces and colons, each for one account, such as alice:r8_secret',
    secret: true,
  }),
  LOG_LEVEL: setting({
    meaning: 'least level of log lines',
    default: 'info',
    parse: (text) => LOG_LEVELS.find((level) => level === text),
    expected: `one of ${LOG_LEVELS.join(', ')}`,
  }),
  THREADS: setting({
    meaning: 'cores shared by all models',
    default: String(availableParallelism()),
    parse: integer(1, 1024),
    expected: 'a number from 1 to 1024',
  }),
  MEMORY: setting({
    meaning: 'memory shared by all models: a part of what the machine has, or a size such as 8GiB',
    default: '75%',
    parse: memory,
    expected: 'a percentage such as 75%, or a size such as 8GiB',
  }),
  OPERATORS: setting({
    meaning: 'accounts that see all there is to see, separated by ","; local always does',
    default: '',
    parse: (text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    expected: 'account names',
  }),
  DURABILITY: setting({
    meaning: 'full: an answered create survives power loss; normal: a crash of the process',
    default: 'full',
    parse: (text) => (text === 'full' || text === 'normal' ? text : undefined),
    expected: 'full or normal',
  }),
  MAX_QUEUE: setting({
    meaning: 'queued predictions before creates are refused',
    default: '10000',
    parse: integer(1, 1_000_000),
    expected: 'a number from 1 to 1000000',
  }),
  BODY_LIMIT: setting({
    meaning: 'longest request body in bytes, or with a unit: 32MiB',
    default: '32MiB',
    parse: parseBytes,
    expected: 'a size such as 32MiB',
  }),
  SHUTDOWN_GRACE: setting({
    meaning: 'time that running predictions have to finish at shutdown',
    default: '30s',
    parse: parseDuration,
    expected: 'a duration such as 30s',
  }),
  RETENTION: setting({
    meaning: 'how long input, output, logs and files of a finished prediction stay; off keeps them',
    default: '1h',
    parse: (text) => (text === 'off' ? 'off' : parseDuration(text) || undefined),
    expected: 'off or a duration such as 1h',
  }),
  FILE_OUTPUTS: setting({
    meaning: 'how answers show files: url, data-uri, or auto: data URIs for clients that need them',
    default: 'auto',
    parse: (text) => FILE_OUTPUTS.find((way) => way === text),
    expected: `one of ${FILE_OUTPUTS.join(', ')}`,
  }),
  PRIVATE_NETWORK: setting({
    meaning: 'may input URLs lead to private and loopback addresses? auto: yes when listening on loopback',
    default: 'auto',
    parse: (text) => PRIVATE_NETWORK.find((way) => way === text),
    expected: `one of ${PRIVATE_NETWORK.join(', ')}`,
  }),
  DOWNLOAD_TIMEOUT: setting({
    meaning: 'time to download one input file, redirects included',
    default: '2m',
    parse: (text) => parseDuration(text) || undefined,
    expected: 'a duration such as 2m',
  }),
  WEBHOOK_RETRY: setting({
    meaning: 'how long the last webhook of a prediction is tried again while its receiver fails; at most 24h',
    default: '1m',
    parse: (text) => within(parseDuration(text), 24 * 3_600_000),
    expected: 'a duration up to 24h, such as 1m',
  }),
  PUSH_CODE: setting({
    meaning: 'may operators push packages with code? auto: yes without tokens',
    default: 'auto',
    parse: (text) => PUSH_CODE.find((way) => way === text),
    expected: `one of ${PUSH_CODE.join(', ')}`,
  }),
  PUSH_LIMIT: setting({
    meaning: 'largest package that can be pushed, in bytes, or with a unit: 4GiB',
    default: '4GiB',
    parse: parseBytes,
    expected: 'a size such as 4GiB',
  }),
  TRUST_PROXY: setting({
    meaning: 'believe X-Forwarded-* headers',
    default: 'off',
    parse: onOff,
    expected: 'on or off',
  }),
}

type Name = keyof typeof SETTINGS
type Value<N extends Name> = (typeof SETTINGS)[N] extends Setting<infer V> ? V : never

/**
 * Reads flags, then `REPRISE_*` variables, then defaults.
 * @throws AppError `configuration` that names every setting at fault.
 */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Config {
  const flags = parseFlags(args)
  const problems: string[] = []

  function read<N extends Name>(name: N): Value<N> | undefined {
    const { default: fallback, parse, expected, secret }: Setting<unknown> = SETTINGS[name]
    const flag = flags[flagName(name)]
    const text = flag ?? environment[`REPRISE_${name}`] ?? fallback
    if (text === undefined) return
    const value = parse(text)
    if (value === undefined) {
      const where = flag === undefined ? `REPRISE_${name}` : `--${flagName(name)}`
      problems.push(secret ? `${where} has to be ${expected}` : `${where} is "${text}", but has to be ${expected}`)
    }
    return value as Value<N> | undefined
  }

  const host = read('HOST')
  const retention = read('RETENTION')
  const privateNetwork = read('PRIVATE_NETWORK')
  const apiTokens = read('API_TOKENS')
  const pushCode = read('PUSH_CODE')
  const config: { [K in keyof Config]: Config[K] | undefined } = {
    host,
    port: read('PORT'),
    publicUrl: read('PUBLIC_URL'),
    dataDir: read('DATA_DIR'),
    modelsDirs: read('MODELS_DIR'),
    bundledModels: read('BUNDLED_MODELS'),
    apiTokens,
    logLevel: read('LOG_LEVEL'),
    threads: read('THREADS'),
    memoryBytes: read('MEMORY'),
    operators: read('OPERATORS'),
    durability: read('DURABILITY'),
    maxQueue: read('MAX_QUEUE'),
    bodyLimitBytes: read('BODY_LIMIT'),
    shutdownGraceMs: read('SHUTDOWN_GRACE'),
    retentionMs: retention === 'off' ? undefined : retention,
    fileOutputs: read('FILE_OUTPUTS'),
    privateNetwork: privateNetwork === 'on' || (privateNetwork === 'auto' && isLoopback(host ?? '')),
    downloadTimeoutMs: read('DOWNLOAD_TIMEOUT'),
    webhookRetryMs: read('WEBHOOK_RETRY'),
    pushCode: pushCode === 'on' || (pushCode === 'auto' && apiTokens?.length === 0),
    pushLimitBytes: read('PUSH_LIMIT'),
    trustProxy: read('TRUST_PROXY'),
  }
  if (problems.length === 0 && apiTokens?.length === 0 && !isLoopback(host ?? ''))
    problems.push(
      `REPRISE_HOST is "${host}", which others can reach, and there are no tokens; set REPRISE_API_TOKENS (for example alice:some-secret), or listen on 127.0.0.1`,
    )
  if (problems.length > 0) throw new AppError('configuration', problems.join('\n'))
  return Object.freeze(config as Config)
}

/** The settings as lines of a help text. */
export function describeSettings(): string {
  return Object.entries(SETTINGS)
    .map(([name, { meaning, default: fallback }]) => {
      const shown = fallback === undefined || fallback === '' ? '' : ` (${fallback})`
      return `  --${flagName(name).padEnd(16)} ${meaning}${shown}`
    })
    .join('\n')
}

function parseFlags(args: readonly string[]): Record<string, string | undefined> {
  try {
    const options = Object.fromEntries(
      Object.keys(SETTINGS).map((name) => [flagName(name), { type: 'string' as const }]),
    )
    const { values } = parseArgs({ args: [...args], options })
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
  } catch (error) {
    throw new AppError('configuration', `${messageOf(error)}; "reprise help" lists the flags`)
  }
}

function flagName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function nonEmpty(text: string): string | undefined {
  return text.trim() === '' ? undefined : text
}

function integer(least: number, most: number) {
  return (text: string): number | undefined => {
    const value = Number(text)
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined
  }
}

/** In a container, of what that may use. */
function memory(text: string): number | undefined {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1]
  if (percent === undefined) return parseBytes(text)
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Number(percent) >= 1 && Number(percent) <= 100 ? Math.floor((machine * Number(percent)) / 100) : undefined
}

function within(value: number | undefined, most: number): number | undefined {
  return value !== undefined && value <= most ? value : undefined
}

function onOff(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}

function tokens(text: string): string[] | undefined {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  const secrets = new Set(entries.map((entry) => entry.split(':').at(-1)))
  const sound = entries.every((entry) => /^(?:[a-z0-9._-]+:)?[^\s:]+$/i.test(entry)) && secrets.size === entries.length
  return sound ? entries : undefined
}

function origin(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return
  const url = new URL(text)
  return url.pathname === '/' && !url.search && !url.hash && !url.username ? url.origin : undefined
}
