import { availableParallelism, totalmem } from 'node:os'
import { formatBytes } from '../byte-size.ts'
import type { Config } from '../config.ts'
import { type Finding, orWell, problem, warning } from './finding.ts'

/** An engine and a small model. */
const LEAST_MEMORY_BYTES = 256 * 2 ** 20

export interface ResourceFacts {
  /** Cores that this process may use, by its container too. */
  cores: number
  /** What the machine has, or what the container may use of it. */
  memoryBytes: number
  limitedByContainer: boolean
  /** What nobody uses now. */
  freeBytes: number
  /** Whether a server runs, whose models may hold some of it. */
  serverRuns: boolean
}

export function readResources(serverRuns: boolean): ResourceFacts {
  const total = totalmem()
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return {
    cores: availableParallelism(),
    memoryBytes: Math.min(total, limit),
    limitedByContainer: limit < total,
    freeBytes: process.availableMemory(),
    serverRuns,
  }
}

export function checkThreads({ threads }: Pick<Config, 'threads'>, { cores }: ResourceFacts): readonly Finding[] {
  const faults: Finding[] = []
  if (threads > cores)
    faults.push(
      warning(
        `REPRISE_THREADS is ${threads}, but ${cores} cores can be used: models slow each other down`,
        'set it to at most the number of cores, or give the container more',
      ),
    )
  return orWell(faults, `${threads} of ${cores} cores`)
}

export function checkMemory(
  { memoryBytes: budget }: Pick<Config, 'memoryBytes'>,
  { memoryBytes, limitedByContainer, freeBytes, serverRuns }: ResourceFacts,
): readonly Finding[] {
  const whole = `${formatBytes(memoryBytes)} that ${limitedByContainer ? 'the container may use' : 'the machine has'}`
  const faults: Finding[] = []
  if (budget > memoryBytes)
    faults.push(
      problem(
        `REPRISE_MEMORY is ${formatBytes(budget)}, more than the ${whole}: the system ends processes before the server does`,
        'set it to a part of that, such as 75%',
      ),
    )
  else if (budget < LEAST_MEMORY_BYTES)
    faults.push(
      warning(
        `REPRISE_MEMORY is ${formatBytes(budget)}, which holds hardly one small model`,
        'set it to 512MiB or more',
      ),
    )
  else if (!serverRuns && budget > freeBytes)
    faults.push(
      warning(
        `REPRISE_MEMORY is ${formatBytes(budget)}, but others leave ${formatBytes(freeBytes)}`,
        'end what takes the memory, or set it to less',
      ),
    )
  return orWell(faults, `${formatBytes(budget)} of the ${whole}; ${formatBytes(freeBytes)} free now`)
}
