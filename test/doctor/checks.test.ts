import { describe, expect, test } from 'vitest'
import { checkAddresses } from '../../src/doctor/addresses.ts'
import { checkClock } from '../../src/doctor/clock.ts'
import { checkConfiguration } from '../../src/doctor/configuration.ts'
import { dataFacts } from '../../src/doctor/data.ts'
import { type FolderFacts, judgeFolder } from '../../src/doctor/data-folder.ts'
import { judgeDatabase } from '../../src/doctor/database.ts'
import { judgeEngine } from '../../src/doctor/engine.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { checkNode } from '../../src/doctor/node-version.ts'
import { judgePort } from '../../src/doctor/port.ts'
import { checkMemory, checkThreads } from '../../src/doctor/resources.ts'
import { checkTokens } from '../../src/doctor/tokens.ts'

const GIB = 2 ** 30
const NOON = Date.UTC(2026, 5, 1, 12)

/** What was found, as levels with texts. */
function told(findings: Finding | readonly Finding[]): string[] {
  const all = 'level' in findings ? [findings] : findings
  for (const { level, advice } of all) expect(advice === undefined).toBe(level === 'ok')
  return all.map(({ level, text }) => `${level}: ${text}`)
}

describe('Node', () => {
  test.each([
    ['22.18.0', 'ok: 22.18.0'],
    ['24.1.0', 'ok: 24.1.0'],
    ['100.0.0', 'ok: 100.0.0'],
    ['22.17.9', 'problem: 22.17.9 is older than 22.18'],
    ['20.20.2', 'problem: 20.20.2 is older than 22.18'],
  ])('%s', (version, text) => {
    expect(told(checkNode(version))[0]).toContain(text)
  })
})

describe('configuration', () => {
  test('every wrong setting has a line, and nothing can be made of them', () => {
    const { config, findings } = checkConfiguration(['--port', 'x'], { REPRISE_THREADS: '0' })
    expect(config).toBeUndefined()
    expect(told(findings)).toEqual([
      expect.stringMatching(/^problem: --port is "x"/),
      expect.stringMatching(/^problem: REPRISE_THREADS is "0"/),
    ])
  })

  test('a variable that is no setting is named; those of other commands and programs are not', () => {
    const { config, findings } = checkConfiguration([], { REPRISE_PROT: '1', REPRISE_URL: 'x', PORT: 'x' })
    expect(config?.port).toBe(3000)
    expect(told(findings)).toEqual(['warning: REPRISE_PROT is set, but there is no such setting'])
  })
})

describe('addresses', () => {
  type Settings = Parameters<typeof checkAddresses>[0]
  const usual: Settings = {
    host: '127.0.0.1',
    port: 3000,
    publicUrl: undefined,
    trustProxy: false,
    privateNetwork: true,
  }
  const shared = { ...usual, host: '0.0.0.0', privateNetwork: false }
  const safe = { ...shared, publicUrl: 'https://models.example.com' }

  test.each<[string, Settings, boolean, string[]]>([
    ['on loopback without tokens', usual, true, ['ok: 127.0.0.1, port 3000']],
    ['on loopback with tokens', usual, false, ['ok: 127.0.0.1, port 3000']],
    ['by a local name', { ...usual, publicUrl: 'http://localhost:3000' }, true, ['ok: 127.0.0.1']],
    ['by a local address', { ...usual, publicUrl: 'http://[::1]:3000' }, false, ['ok: 127.0.0.1']],
    ['behind https with tokens', safe, false, ['ok: 0.0.0.0, port 3000, known as https://models.example.com']],
    ['for others without tokens', shared, true, ['problem: REPRISE_HOST is "0.0.0.0"']],
    ['for others over plain http', shared, false, ['warning: others reach the server on 0.0.0.0 over plain http']],
    [
      'with a public name of plain http',
      { ...safe, publicUrl: 'http://box.example' },
      false,
      ['warning: REPRISE_PUBLIC'],
    ],
    [
      'open behind a proxy',
      { ...usual, publicUrl: 'https://models.example.com', privateNetwork: false },
      true,
      ['warning: there are no tokens: whoever reaches the server through a proxy may do everything'],
    ],
    ['trusting what others forge', { ...safe, trustProxy: true }, false, ['warning: REPRISE_TRUST_PROXY is on']],
    [
      'with a way into the private network',
      { ...safe, privateNetwork: true },
      false,
      ['warning: callers from elsewhere'],
    ],
  ])('%s', (_, settings, open, expected) => {
    const findings = told(checkAddresses(settings, open))
    expect(findings).toEqual(expected.map((text) => expect.stringContaining(text)))
  })
})

describe('tokens', () => {
  test.each<[string[], string[], string[], boolean, string]>([
    [[], [], [], true, 'ok: none: the server is open'],
    [['bare'], [], [], false, 'ok: 1 in REPRISE_API_TOKENS, 0 in the database'],
    [['alice:x'], [], ['alice'], false, 'ok: 1 in'],
    [['alice:x'], ['local'], [], false, 'ok: 1 in REPRISE_API_TOKENS, 1 in the database'],
    [[], ['ops', 'alice'], ['ops'], false, 'ok: 0 in REPRISE_API_TOKENS, 2 in the database'],
    [
      ['alice:x'],
      ['bob'],
      ['carol'],
      false,
      'warning: 1 in REPRISE_API_TOKENS, 1 in the database, and none of an operator',
    ],
  ])('%j and %j with operators %j', (apiTokens, stored, operators, open, text) => {
    const facts = checkTokens({ apiTokens, operators }, stored)
    expect(facts.open).toBe(open)
    expect(told(facts.finding)[0]).toContain(text)
  })
})

describe('data folder', () => {
  const sound: FolderFacts = {
    path: '/data',
    is: 'folder',
    refused: undefined,
    owner: 1000,
    user: 1000,
    freeBytes: 20 * GIB,
    freeInodes: 1_000_000,
    locked: false,
  }

  test.each<[string, Partial<FolderFacts>, string[]]>([
    ['is sound', {}, ['ok: /data: 20 GiB free, no server uses it']],
    ['is in use', { locked: true }, ['ok: /data: 20 GiB free, a server uses it']],
    ['is missing', { is: 'missing', owner: undefined }, ['ok: /data is made at the first start']],
    ['is a file', { is: 'something else' }, ['problem: /data is no folder']],
    ['cannot be written', { refused: 'EACCES' }, ['problem: nothing can be written: EACCES']],
    ['is nearly full', { freeBytes: 0.5 * GIB }, ['warning: /data has 512 MiB left']],
    ['is full', { freeBytes: 4096 }, ['problem: /data has 4 KiB left']],
    ['has no room for files', { freeInodes: 5 }, ['warning: /data has room for 5 more files']],
    ['has no count of files', { freeInodes: undefined }, ['ok: /data']],
    ['belongs to somebody else', { owner: 0 }, ['warning: /data belongs to user 0, and this is user 1000']],
  ])('that %s', (_, facts, expected) => {
    expect(told(judgeFolder({ ...sound, ...facts }))).toEqual(expected.map((text) => expect.stringContaining(text)))
  })
})

describe('database', () => {
  const files = { path: '/data/reprise.sqlite', logBytes: 4096, mode: 0o100600 }
  const facts = {
    type: 'read' as const,
    applied: 9,
    bytes: 3 * GIB,
    freeBytes: GIB,
    lastCreatedAt: undefined,
    tokenAccounts: [],
    faults: [] as string[] | undefined,
  }

  test.each<[string, Partial<typeof files>, Partial<typeof facts>, string[]]>([
    ['sound', {}, {}, ['ok: sound, 3 GiB (1 GiB of it free), log 4 KiB, migration 9']],
    [
      'older',
      {},
      { applied: 7 },
      ['ok: sound, 3 GiB (1 GiB of it free), log 4 KiB, migration 7; the next start applies 2'],
    ],
    ['newer', {}, { applied: 10 }, ['problem: it is at migration 10, and this version of reprise knows 9']],
    ['damaged', {}, { faults: ['row 1 missing', 'page 2'] }, ['is damaged: row 1 missing', 'is damaged: page 2']],
    ['too large', {}, { faults: undefined }, ['warning: it is so large that not all of it']],
    ['behind a large log', { logBytes: GIB }, {}, ['warning: its write-ahead log has 1 GiB']],
    ['readable by others', { mode: 0o100644 }, {}, ['warning: other users of this machine can read']],
  ])('that is %s', (_, changedFiles, changedFacts, expected) => {
    const findings = told(judgeDatabase({ ...files, ...changedFiles }, { ...facts, ...changedFacts }, 9))
    expect(findings).toEqual(expected.map((text) => expect.stringContaining(text)))
  })

  test('that cannot be read', () => {
    const findings = told(judgeDatabase(files, { type: 'unreadable', reason: 'disk I/O error' }, 9))
    expect(findings).toEqual(['problem: /data/reprise.sqlite cannot be read: disk I/O error'])
  })

  test('that is not there yet', () => {
    expect(told(judgeDatabase(undefined, undefined, 9))[0]).toContain('ok: there is none yet')
  })

  test('a look at it that was killed tells what it had seen', () => {
    const head = { applied: 3, bytes: 1, freeBytes: 0, lastCreatedAt: 5, tokenAccounts: ['a'] }
    const { locked, database } = dataFacts({ answers: [{ locked: true }, head], failure: 'did not come to an end' })
    expect(locked).toBe(true)
    expect(database).toEqual({ type: 'read', ...head, faults: undefined })
    expect(dataFacts({ answers: [], failure: 'was ended by SIGSEGV' }).database).toEqual({
      type: 'unreadable',
      reason: 'the look at it was ended by SIGSEGV',
    })
  })
})

describe('clock', () => {
  const sound = { now: NOON, monotonic: [1, 1] as const, lastCreatedAt: NOON - 1 }

  test.each<[string, Partial<Parameters<typeof checkClock>[0]>, string]>([
    ['is right', {}, 'ok: 2026-06-01T12:00:00.000Z'],
    ['is a little behind', { lastCreatedAt: NOON + 60_000 }, 'ok:'],
    [
      'was set back',
      { lastCreatedAt: NOON + 600_000 },
      'warning: it says 2026-06-01T12:00:00.000Z, but the last prediction',
    ],
    ['was never set', { now: 0, lastCreatedAt: undefined }, 'problem: it says 1970-01-01T00:00:00.000Z'],
    ['runs backwards', { monotonic: [2, 1] }, 'problem: its monotonic time goes back'],
  ])('that %s', (_, facts, text) => {
    expect(told(checkClock({ ...sound, ...facts }))).toEqual([expect.stringContaining(text)])
  })
})

describe('memory and threads', () => {
  const facts = { cores: 4, memoryBytes: 8 * GIB, limitedByContainer: false, freeBytes: 7 * GIB, serverRuns: false }

  test.each<[number, Partial<typeof facts>, string]>([
    [6 * GIB, {}, 'ok: 6 GiB of the 8 GiB that the machine has; 7 GiB free now'],
    [6 * GIB, { limitedByContainer: true }, 'ok: 6 GiB of the 8 GiB that the container may use'],
    [9 * GIB, {}, 'problem: REPRISE_MEMORY is 9 GiB, more than the 8 GiB'],
    [GIB / 8, {}, 'warning: REPRISE_MEMORY is 128 MiB'],
    [6 * GIB, { freeBytes: GIB }, 'warning: REPRISE_MEMORY is 6 GiB, but others leave 1 GiB'],
    [6 * GIB, { freeBytes: GIB, serverRuns: true }, 'ok: 6 GiB'],
  ])('a budget of %i with %j', (memoryBytes, changed, text) => {
    expect(told(checkMemory({ memoryBytes }, { ...facts, ...changed }))).toEqual([expect.stringContaining(text)])
  })

  test('more threads than cores', () => {
    expect(told(checkThreads({ threads: 4 }, facts))).toEqual(['ok: 4 of 4 cores'])
    expect(told(checkThreads({ threads: 5 }, facts))).toEqual([
      expect.stringContaining('warning: REPRISE_THREADS is 5, but 4 cores can be used'),
    ])
  })
})

describe('engine', () => {
  const start = { version: '1.2.3', backends: ['cpu', 'cuda (not bundled)'] }

  test.each<[string, Parameters<typeof judgeEngine>[0], string]>([
    [
      'works',
      { answers: [start, { result: 42 }], failure: undefined },
      'ok: onnxruntime-node 1.2.3, with cpu, cuda (not',
    ],
    ['is refused', { answers: [start, { fault: 'no' }], failure: undefined }, 'does not work: no'],
    ['crashes', { answers: [start], failure: 'was ended by SIGILL' }, 'does not work: it was ended by SIGILL'],
    ['miscounts', { answers: [start, { result: 41 }], failure: undefined }, 'does not work: it makes 21 + 21 41'],
    [
      'is missing',
      { answers: [], failure: 'failed: Error: Cannot find' },
      'does not work: it failed: Error: Cannot find',
    ],
  ])('that %s', (_, probed, text) => {
    expect(told(judgeEngine(probed))).toEqual([expect.stringContaining(text)])
  })
})

describe('port', () => {
  const address = { host: '127.0.0.1', port: 3000 }

  test.each<[string, Parameters<typeof judgePort>[1], boolean, string]>([
    ['is free', { type: 'free' }, false, 'ok: 127.0.0.1:3000 is free'],
    ['is free while a server runs', { type: 'free' }, true, 'warning: a server uses the data folder, but none listens'],
    ['is that of the server', { type: 'taken', byReprise: true }, true, 'ok: reprise listens on'],
    [
      'is that of another server',
      { type: 'taken', byReprise: true },
      false,
      'problem: a reprise with another data folder',
    ],
    ['is that of something else', { type: 'taken', byReprise: false }, true, 'problem: something else than reprise'],
    [
      'cannot be had',
      { type: 'refused', reason: 'EACCES' },
      false,
      'problem: nobody can listen on 127.0.0.1:3000: EACCES',
    ],
  ])('that %s', (_, state, locked, text) => {
    expect(told(judgePort(address, state, locked))).toEqual([expect.stringContaining(text)])
  })

  test('that is not chosen yet', () => {
    expect(told(judgePort({ host: '::1', port: 0 }, { type: 'free' }, true))).toEqual(['ok: any that is free on ::1'])
  })
})
