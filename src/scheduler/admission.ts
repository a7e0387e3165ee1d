/** The rules by which replicas get their part of the cores and the memory that all share. */
import { formatBytes } from '../byte-size.ts'
import type { RunnableVersion } from './runnable-version.ts'

/** What a runner takes before it has loaded anything. */
const BARE_RUNNER_BYTES = 60 * 2 ** 20
/** Least time that a replica has before another version may have its place. */
const SHORTEST_TURN_MS = 2_000
/** A turn is at least so many times as long as the load was that it took. */
const LOADS_PER_TURN = 3

export interface Budget {
  threads: number
  memoryBytes: number
}

/** A replica that a version would like to have. */
export interface Wish {
  kind: 'first' | 'more' | 'kept'
  memoryBytes: number
  threads: number
  /** How many replicas the version has already. */
  replicas: number
}

/** A process that takes a part of what all share. */
export interface Occupant {
  state: 'loading' | 'busy' | 'idle' | 'ending'
  memoryBytes: number
  threads: number
  /** Whether it is to stay loaded although it has nothing to do. */
  kept: boolean
  /** Since when it has had nothing to do, where that is so. */
  idleSince: number
  /** About how long it takes until it can take a break. */
  averageMs: number
  /** Whether it has had its place for long enough to give it to another. */
  turnIsOver: boolean
  /** How many replicas its version has. */
  replicas: number
}

export type Decision<T> = { type: 'launch' } | { type: 'wait' } | { type: 'make-room'; end: T[] }

/** Bytes to set aside for a replica: what it has been seen to take, or else a guess from its files. */
export function memoryNeed({ bytes, run }: RunnableVersion, peak: number | undefined, budget: number): number {
  const expected = peak === undefined ? 2 * bytes + BARE_RUNNER_BYTES : Math.min(peak, budget)
  return Math.min(expected, run.memoryBytes ?? Number.POSITIVE_INFINITY)
}

/** Why there will never be room for a version; undefined when there can be. */
export function whyNever({ model, run }: RunnableVersion, need: number, budget: number): string | undefined {
  if (need <= budget) return
  const source = run.memoryBytes === need ? 'as its run.memory says' : 'going by the size of its files'
  return (
    `${model} needs about ${formatBytes(need)} of memory, ${source}, and all models together may use ` +
    `${formatBytes(budget)}; raise REPRISE_MEMORY, or set run.memory in its model.yaml to what it takes`
  )
}

/** When a replica has had its turn, by the clock that both times are of. */
export function turnEnd(launchedAt: number, readyAt: number): number {
  return readyAt + Math.max(SHORTEST_TURN_MS, LOADS_PER_TURN * (readyAt - launchedAt))
}

/**
 * Decides what comes of a wish. The first replica of a version waits for memory alone: the operating system shares the
 * cores. For memory, idle replicas end, those kept loaded last, else the one that has been idle longest first; then
 * those that have had their turn, short runs first. One more replica gets what is free.
 */
export function admit<T extends Occupant>(wish: Wish, occupants: readonly T[], budget: Budget): Decision<T> {
  if (wish.kind === 'more') {
    const running = occupants.filter(({ state }) => state === 'busy' || state === 'loading')
    if (sum(running, 'threads') + wish.threads > budget.threads) return shareOut(wish, running)
  }
  const missing = wish.memoryBytes - (budget.memoryBytes - sum(occupants, 'memoryBytes'))
  if (missing <= 0) return { type: 'launch' }
  if (wish.kind !== 'first') return { type: 'wait' }
  return makeRoom(missing, occupants)
}

/** Who has two replicas more gives one up. */
function shareOut<T extends Occupant>(wish: Wish, running: readonly T[]): Decision<T> {
  const giver = running.find(({ replicas, turnIsOver }) => replicas >= wish.replicas + 2 && turnIsOver)
  return giver ? { type: 'make-room', end: [giver] } : { type: 'wait' }
}

function makeRoom<T extends Occupant>(bytes: number, occupants: readonly T[]): Decision<T> {
  const missing = bytes - endingBytes(occupants)
  if (missing <= 0) return { type: 'wait' }
  const busy = occupants
    .filter(({ state, turnIsOver }) => state === 'busy' && turnIsOver)
    .sort((a, b) => a.averageMs - b.averageMs)
  const end = enoughOf([...idleFirst(occupants), ...busy], missing)
  return sum(end, 'memoryBytes') >= missing ? { type: 'make-room', end } : { type: 'wait' }
}

/** The idle replicas to end so that what all hold comes closer to the budget, as far as that goes. */
export function overBudget<T extends Occupant>(occupants: readonly T[], budget: Budget): T[] {
  const missing = sum(occupants, 'memoryBytes') - budget.memoryBytes - endingBytes(occupants)
  return enoughOf(idleFirst(occupants), missing)
}

function idleFirst<T extends Occupant>(occupants: readonly T[]): T[] {
  return occupants
    .filter(({ state }) => state === 'idle')
    .sort((a, b) => Number(a.kept) - Number(b.kept) || a.idleSince - b.idleSince)
}

/** As many from the beginning as it takes, without those that a later one makes unnecessary. */
function enoughOf<T extends Occupant>(candidates: readonly T[], bytes: number): T[] {
  let missing = bytes
  const taken: T[] = []
  for (const candidate of candidates) {
    if (missing <= 0) break
    taken.push(candidate)
    missing -= candidate.memoryBytes
  }
  return taken.filter(({ memoryBytes }) => {
    if (missing + memoryBytes > 0) return true
    missing += memoryBytes
    return false
  })
}

function endingBytes(occupants: readonly Occupant[]): number {
  return sum(
    occupants.filter(({ state }) => state === 'ending'),
    'memoryBytes',
  )
}

function sum(occupants: readonly Occupant[], what: 'threads' | 'memoryBytes'): number {
  return occupants.reduce((total, occupant) => total + occupant[what], 0)
}
