import { describe, expect, test } from 'vitest'
import {
  admit,
  type Decision,
  memoryNeed,
  type Occupant,
  overBudget,
  turnEnd,
  type Wish,
  whyNever,
} from '../../src/scheduler/admission.ts'
import { makeVersion } from '../support/schedulers.ts'

const GIB = 2 ** 30
const BUDGET = { threads: 4, memoryBytes: 10 * GIB }

type Named = Occupant & { name: string }

/** An idle replica of a version with no other, of 3 GiB and one thread. */
function occupant(name: string, changed: Partial<Occupant> = {}): Named {
  return {
    name,
    state: 'idle',
    memoryBytes: 3 * GIB,
    threads: 1,
    kept: false,
    idleSince: 0,
    averageMs: 1,
    turnIsOver: true,
    replicas: 1,
    ...changed,
  }
}

const first = (gibibytes: number): Wish => ({ kind: 'first', memoryBytes: gibibytes * GIB, threads: 4, replicas: 0 })

function outcome(decision: Decision<Named>): string {
  return decision.type === 'make-room' ? decision.end.map(({ name }) => name).join(' ') : decision.type
}

describe('the first replica of a version', () => {
  test.each<[what: string, gibibytes: number, occupants: Named[], expected: string]>([
    ['is launched where there is room', 4, [occupant('a'), occupant('b')], 'launch'],
    ['is launched though every core is busy', 1, [occupant('a', { state: 'busy', threads: 4 })], 'launch'],
    [
      'has the one that has been idle longest end',
      4,
      [occupant('late', { idleSince: 9 }), occupant('early', { idleSince: 1 }), occupant('middle', { idleSince: 5 })],
      'early',
    ],
    [
      'has as many end as it takes',
      6,
      [occupant('late', { idleSince: 9 }), occupant('early', { idleSince: 1 }), occupant('middle', { idleSince: 5 })],
      'early middle',
    ],
    [
      'spares those that a later one makes unnecessary',
      5,
      [occupant('small', { memoryBytes: 1 * GIB }), occupant('large', { memoryBytes: 8 * GIB, idleSince: 2 })],
      'large',
    ],
    [
      'has those that are to stay loaded end last',
      4,
      [occupant('kept', { kept: true }), occupant('a', { idleSince: 7 }), occupant('b', { idleSince: 8 })],
      'a',
    ],
    ['has even those end where nothing else will do', 9, [occupant('kept', { kept: true })], 'kept'],
    ['waits for what is ending already', 4, [occupant('a', { state: 'ending' }), occupant('b'), occupant('c')], 'wait'],
    [
      'has no busy one end while idle ones will do',
      4,
      [occupant('busy', { state: 'busy' }), occupant('idle', { idleSince: 9 }), occupant('c', { state: 'loading' })],
      'idle',
    ],
    [
      'asks those that have had their turn to end, short runs first',
      7,
      [
        occupant('long', { state: 'busy', averageMs: 60_000 }),
        occupant('short', { state: 'busy', averageMs: 10 }),
        occupant('new', { state: 'busy', averageMs: 1, turnIsOver: false }),
      ],
      'short long',
    ],
    [
      'waits where nobody has had a turn yet',
      4,
      [occupant('a', { state: 'busy', turnIsOver: false, memoryBytes: 9 * GIB })],
      'wait',
    ],
    ['waits while others load', 4, [occupant('a', { state: 'loading', memoryBytes: 9 * GIB })], 'wait'],
  ])('%s', (_, gibibytes, occupants, expected) => {
    expect(outcome(admit(first(gibibytes), occupants, BUDGET))).toBe(expected)
  })
})

describe('one more replica', () => {
  const more = (changed: Partial<Wish> = {}): Wish => ({
    kind: 'more',
    memoryBytes: 3 * GIB,
    threads: 2,
    replicas: 1,
    ...changed,
  })

  test.each<[what: string, wish: Wish, occupants: Named[], expected: string]>([
    ['is launched where cores and memory are free', more(), [occupant('a', { state: 'busy', threads: 2 })], 'launch'],
    ['waits where the cores are busy', more(), [occupant('a', { state: 'busy', threads: 3 })], 'wait'],
    ['counts those that load', more(), [occupant('a', { state: 'loading', threads: 3 })], 'wait'],
    ['does not count idle ones', more(), [occupant('a', { threads: 4 })], 'launch'],
    ['has nobody end for memory', more({ memoryBytes: 8 * GIB }), [occupant('a')], 'wait'],
    [
      'gets the place of a version that has two more and has had its turn',
      more(),
      ['a', 'b', 'c'].map((name) =>
        occupant(name, { state: 'busy', replicas: 3, turnIsOver: name === 'b', threads: 1 }),
      ),
      'b',
    ],
    [
      'leaves a version that has only one more alone',
      more({ replicas: 2 }),
      ['a', 'b', 'c'].map((name) => occupant(name, { state: 'busy', replicas: 3 })),
      'wait',
    ],
  ])('%s', (_, wish, occupants, expected) => {
    expect(outcome(admit(wish, occupants, BUDGET))).toBe(expected)
  })
})

test('a replica that is only kept loaded has nobody end', () => {
  const wish = { ...first(8), kind: 'kept' as const }
  expect(outcome(admit(wish, [occupant('a')], BUDGET))).toBe('wait')
  expect(outcome(admit(wish, [], BUDGET))).toBe('launch')
})

test('over the budget, idle replicas end as far as that helps', () => {
  const held = [
    occupant('a', { idleSince: 2 }),
    occupant('b', { idleSince: 1 }),
    occupant('busy', { state: 'busy', memoryBytes: 6 * GIB }),
  ]
  const named = (budget: number) => overBudget(held, { threads: 1, memoryBytes: budget * GIB }).map(({ name }) => name)
  expect(named(12)).toEqual([])
  expect(named(10)).toEqual(['b'])
  expect(named(7)).toEqual(['b', 'a'])
  expect(named(1)).toEqual(['b', 'a'])
})

describe('the memory set aside for a version', () => {
  const MIB = 2 ** 20
  test.each<[what: string, bytes: number, limit: number | null, peak: number | undefined, expected: number]>([
    ['is twice its files and what a bare runner takes', 100 * MIB, null, undefined, 260 * MIB],
    ['is what it was seen to hold', 100 * MIB, null, 150 * MIB, 150 * MIB],
    ['is no more than it may have', 100 * MIB, 128 * MIB, undefined, 128 * MIB],
    ['is no more than there is, once it is known to run', 100 * MIB, null, 20 * GIB, 10 * GIB],
  ])('%s', (_, bytes, memoryBytes, peak, expected) => {
    expect(memoryNeed(makeVersion({ memoryBytes }, { bytes }), peak, 10 * GIB)).toBe(expected)
  })

  test('that there will never be is told with both numbers and what to do', () => {
    expect(whyNever(makeVersion(), 2 * GIB, 2 * GIB)).toBeUndefined()
    expect(whyNever(makeVersion(), 3 * GIB, 2 * GIB)).toBe(
      'test/model needs about 3 GiB of memory, going by the size of its files, and all models together may use 2 GiB; ' +
        'raise REPRISE_MEMORY, or set run.memory in its model.yaml to what it takes',
    )
    expect(whyNever(makeVersion({ memoryBytes: 3 * GIB }), 3 * GIB, 2 * GIB)).toContain('as its run.memory says')
  })
})

test.each([
  { launchedAt: 0, readyAt: 100, expected: 2_100 },
  { launchedAt: 1_000, readyAt: 6_000, expected: 21_000 },
])('a turn lasts two seconds, or three times as long as the load', ({ launchedAt, readyAt, expected }) => {
  expect(turnEnd(launchedAt, readyAt)).toBe(expected)
})
