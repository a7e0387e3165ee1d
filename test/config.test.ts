import { totalmem } from 'node:os'
import { describe, expect, test } from 'vitest'
import { SETTINGS } from '../src/config/settings.ts'
import { describeSettings, readConfig } from '../src/config.ts'
import { AppError } from '../src/errors.ts'
import { runReprise } from './support/command-line.ts'

function refusal(args: string[], environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(args, environment)
  } catch (error) {
    if (error instanceof AppError && error.code === 'configuration') return error.message
    throw error
  }
  throw new Error('The settings were accepted')
}

test('nothing has to be set', () => {
  expect(readConfig([], {})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: undefined,
    dataDir: './data',
    modelsDirs: ['./models'],
    bundledModels: true,
    apiTokens: [],
    logLevel: 'info',
    durability: 'full',
    maxQueue: 10_000,
    queueShare: 'auto',
    rateLimit: { creates: undefined, others: undefined },
    globalRateLimit: { creates: undefined, others: undefined },
    maxConnections: 10_000,
    maxStreams: 5_000,
    bodyLimitBytes: 32 * 2 ** 20,
    shutdownGraceMs: 30_000,
    retentionMs: 3_600_000,
    recordRetentionMs: 30 * 86_400_000,
    fileOutputs: 'auto',
    privateNetwork: true,
    webhookRetryMs: 60_000,
    pushCode: 'auto',
    pushLimitBytes: 4 * 2 ** 30,
    downloadTimeoutMs: 120_000,
    playground: true,
    metrics: 'operators',
    trustProxy: false,
  })
})

test('every setting can be a variable', () => {
  const environment = {
    REPRISE_HOST: '0.0.0.0',
    REPRISE_PORT: '0',
    REPRISE_PUBLIC_URL: 'https://models.example.com/',
    REPRISE_DATA_DIR: '/var/lib/reprise',
    REPRISE_MODELS_DIR: '/a:/b:',
    REPRISE_BUNDLED_MODELS: 'off',
    REPRISE_API_TOKENS: ' one , alice:two,',
    REPRISE_LOG_LEVEL: 'silent',
    REPRISE_THREADS: '3',
    REPRISE_MEMORY: '2GiB',
    REPRISE_OPERATORS: 'alice, bob',
    REPRISE_DURABILITY: 'normal',
    REPRISE_MAX_QUEUE: '2',
    REPRISE_QUEUE_SHARE: '25%',
    REPRISE_RATE_LIMIT: 'replicate',
    REPRISE_GLOBAL_RATE_LIMIT: 'others=7, creates=1',
    REPRISE_MAX_CONNECTIONS: '50',
    REPRISE_MAX_STREAMS: '3',
    REPRISE_BODY_LIMIT: '1 GiB',
    REPRISE_SHUTDOWN_GRACE: '1m30s',
    REPRISE_RETENTION: 'off',
    REPRISE_RECORD_RETENTION: '90d',
    REPRISE_FILE_OUTPUTS: 'url',
    REPRISE_PRIVATE_NETWORK: 'on',
    REPRISE_DOWNLOAD_TIMEOUT: '5s',
    REPRISE_WEBHOOK_RETRY: '24h',
    REPRISE_PUSH_CODE: 'on',
    REPRISE_PUSH_LIMIT: '1GiB',
    REPRISE_PLAYGROUND: 'off',
    REPRISE_METRICS: '[::1]:9090',
    REPRISE_TRUST_PROXY: 'on',
  }
  expect(readConfig([], environment)).toEqual({
    host: '0.0.0.0',
    port: 0,
    publicUrl: 'https://models.example.com',
    dataDir: '/var/lib/reprise',
    modelsDirs: ['/a', '/b'],
    bundledModels: false,
    apiTokens: ['one', 'alice:two'],
    logLevel: 'silent',
    threads: 3,
    memoryBytes: 2 * 2 ** 30,
    operators: ['alice', 'bob'],
    durability: 'normal',
    maxQueue: 2,
    queueShare: 25,
    rateLimit: { creates: 600, others: 3_000 },
    globalRateLimit: { creates: 1, others: 7 },
    maxConnections: 50,
    maxStreams: 3,
    bodyLimitBytes: 2 ** 30,
    shutdownGraceMs: 90_000,
    retentionMs: 'off',
    recordRetentionMs: 90 * 86_400_000,
    fileOutputs: 'url',
    privateNetwork: true,
    downloadTimeoutMs: 5_000,
    webhookRetryMs: 86_400_000,
    pushCode: 'on',
    pushLimitBytes: 2 ** 30,
    playground: false,
    metrics: { host: '::1', port: 9090 },
    trustProxy: true,
  })
})

test('the memory of all models is a part of what the machine has', () => {
  const { memoryBytes: half } = readConfig(['--memory', '50%'], {})
  const { memoryBytes: standard } = readConfig([], {})
  expect(half).toBeGreaterThan(0)
  expect(half).toBeLessThanOrEqual(totalmem() / 2)
  expect(standard / half).toBeCloseTo(1.5)
})

test.each([
  ['auto', '127.0.0.1', true],
  ['auto', '0.0.0.0', false],
  ['on', '0.0.0.0', true],
  ['off', '127.0.0.1', false],
])('with PRIVATE_NETWORK=%s on %s, may private addresses be reached? %s', (setting, host, reached) => {
  const environment = { REPRISE_PRIVATE_NETWORK: setting, REPRISE_HOST: host, REPRISE_API_TOKENS: 'token' }
  expect(readConfig([], environment).privateNetwork).toBe(reached)
})

/** Whatever stands there could be a folder. */
const TAKES_ANYTHING = ['MODELS_DIR']

test.each([
  ['open', 'open'],
  ['off', 'off'],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['metrics.example.com:9090', { host: 'metrics.example.com', port: 9090 }],
])('METRICS may be %s', (setting, metrics) => {
  expect(readConfig([], { REPRISE_METRICS: setting }).metrics).toEqual(metrics)
})

describe('a wrong value stops the start, and the message names the setting', () => {
  const wrong: Record<string, [string, ...string[]]> = {
    HOST: ['', ' '],
    PORT: ['', 'http', '-1', '65536', '80.5', '0x50'],
    PUBLIC_URL: [
      'models.example.com',
      'ftp://models.example.com',
      'https://example.com/api',
      'https://a:b@example.com',
    ],
    DATA_DIR: ['', ' '],
    RETENTION: ['', 'never', '0', '0s', '-1h', '0d', '1w'],
    RECORD_RETENTION: ['', 'never', '23h', '0d', '-1d', '1.5d'],
    FILE_OUTPUTS: ['', 'urls'],
    PRIVATE_NETWORK: ['', 'yes'],
    DOWNLOAD_TIMEOUT: ['', '0', 'off'],
    WEBHOOK_RETRY: ['', 'off', '25h'],
    PUSH_CODE: ['', 'yes'],
    PUSH_LIMIT: ['', '-1', 'much'],
    BUNDLED_MODELS: ['yes', 'ON'],
    API_TOKENS: ['two words', 'alice:', ':secret', 'a:b:c', 'alice:x,bob:x', 'x,alice:x', 'a/b:x'],
    LOG_LEVEL: ['loud', 'INFO'],
    THREADS: ['0', '1025', 'all'],
    MEMORY: ['0', '0%', '101%', '8GB', 'all', ''],
    DURABILITY: ['none'],
    MAX_QUEUE: ['0', '1000001', 'many'],
    QUEUE_SHARE: ['0%', '101%', '50', 'off', ''],
    RATE_LIMIT: ['', 'on', 'creates', 'creates=0', 'creates=1,creates=2', 'creates=1;others=2', 'reads=1'],
    GLOBAL_RATE_LIMIT: ['', '600', 'others=-1'],
    MAX_CONNECTIONS: ['0', '', 'all'],
    MAX_STREAMS: ['0', '', 'all'],
    BODY_LIMIT: ['0', '32MB', '-1', '1.5MiB', ''],
    SHUTDOWN_GRACE: ['soon', '-5s', ''],
    PLAYGROUND: ['yes'],
    METRICS: ['', 'on', 'everybody', '9090', ':9090', 'localhost:', '127.0.0.1:65536', '::1:9090', 'http://a:1'],
    TRUST_PROXY: ['true', '1'],
    OPERATORS: ['two words', 'alice:secret', 'a/b', 'x'.repeat(101)],
  }
  const cases = Object.entries(wrong).flatMap(([name, values]) => values.map((value) => ({ name, value })))

  test('each setting is tried here', () => {
    const names = Object.values(SETTINGS).map(({ name }) => name)
    expect([...Object.keys(wrong), ...TAKES_ANYTHING].sort()).toEqual(names.sort())
  })

  test('the command tells of all of them, and does not start', async () => {
    const environment = Object.fromEntries(Object.entries(wrong).map(([name, [value]]) => [`REPRISE_${name}`, value]))
    const { code, stdout, stderr } = await runReprise(['serve'], { environment })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toHaveLength(Object.keys(wrong).length)
    for (const name of Object.keys(wrong))
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^REPRISE_${name} .*has to be .+$`)))
  })

  test.each(cases)('REPRISE_$name="$value"', ({ name, value }) => {
    expect(refusal([], { [`REPRISE_${name}`]: value })).toMatch(new RegExp(`^REPRISE_${name} .*has to be .+$`))
  })

  test.each(cases)('--$name="$value"', ({ name, value }) => {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`
    expect(refusal([`${flag}=${value}`], {})).toMatch(new RegExp(`^${flag} .*has to be .+$`))
  })
})

test('the message shows the value and what a right one looks like', () => {
  expect(refusal([], { REPRISE_PORT: 'http' })).toBe('REPRISE_PORT is "http", but has to be a number from 0 to 65535')
})

test('the message about wrong tokens does not show them', () => {
  expect(refusal([], { REPRISE_API_TOKENS: 'alice:hunter2,b c' })).not.toContain('hunter2')
})

test('several faults are told at once, one on each line', () => {
  const lines = refusal(['--port', 'x'], { REPRISE_THREADS: '0', REPRISE_TRUST_PROXY: 'maybe' }).split('\n')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['--port', 'REPRISE_THREADS', 'REPRISE_TRUST_PROXY'])
})

test('a flag wins over its variable, and a wrong variable behind it does no harm', () => {
  expect(readConfig(['--port', '8080'], { REPRISE_PORT: '9090' }).port).toBe(8080)
  expect(readConfig(['--port=8080'], { REPRISE_PORT: 'wrong' }).port).toBe(8080)
})

test.each([
  [['--prot', '80'], '--prot'],
  [['stray'], 'stray'],
  [['--port'], '--port'],
])('flags that are no settings are refused: %j', (args, named) => {
  expect(refusal(args, {})).toContain(named)
})

test('variables of other programs are left alone', () => {
  expect(readConfig([], { PORT: 'x', HOST: '0.0.0.0', REPRISE_SOMETHING_ELSE: 'x' }).port).toBe(3000)
})

test('a configuration cannot be changed', () => {
  expect(Object.isFrozen(readConfig([], {}))).toBe(true)
})

test('the help lists every setting with its default', () => {
  const help = describeSettings()
  for (const flag of [
    '--host',
    '--port',
    '--public-url',
    '--data-dir',
    '--models-dir',
    '--bundled-models',
    '--api-tokens',
  ])
    expect(help).toContain(flag)
  expect(help).toMatch(/--port +.*\(3000\)/)
})
