import { deviceName, type ProviderChoice } from '../../src/runner/execution-provider.ts'
import { largestDifference, TOLERANCE } from './compare.ts'
import type { Graph } from './graphs.ts'
import { measure, type Outcome } from './measure.ts'
import type { Measurement } from './measurement.ts'

/** One line of the table. */
export interface Trial {
  cells: readonly string[]
  /** Worth an exit code. */
  failed: boolean
  /** What native code printed, where it went wrong. */
  printed: string
}

export const HEADINGS = ['graph', 'on', 'load', 'run', 'against CPU', 'largest difference', '']

/** Runs a graph on the CPU and on each device, and compares. */
export async function tryGraph(graph: Graph, devices: readonly ProviderChoice[]): Promise<Trial[]> {
  const onCpu = await measure(graph, { provider: 'cpu' })
  if (onCpu.type !== 'measured') return [problem(graph, { provider: 'cpu' }, onCpu)]
  const trials = [line(graph, { provider: 'cpu' }, onCpu, [])]
  for (const choice of devices) {
    const outcome = await measure(graph, choice)
    trials.push(outcome.type === 'measured' ? compared(graph, choice, outcome, onCpu) : problem(graph, choice, outcome))
  }
  return trials
}

function compared(graph: Graph, choice: ProviderChoice, result: Measurement, onCpu: Measurement): Trial {
  const difference = largestDifference(onCpu.outputs, result.outputs)
  const agrees = difference <= TOLERANCE
  const verdict = agrees ? 'agrees' : `DIFFERS by more than ${TOLERANCE}`
  const comparison = [`${(onCpu.runMs / result.runMs).toFixed(2)}x`, difference.toExponential(1), verdict]
  return { ...line(graph, choice, result, comparison), failed: !agrees }
}

function line(graph: Graph, choice: ProviderChoice, { loadMs, runMs }: Measurement, more: readonly string[]): Trial {
  return { cells: [graph.name, deviceName(choice), ms(loadMs), ms(runMs), ...more], failed: false, printed: '' }
}

function problem(graph: Graph, choice: ProviderChoice, outcome: Exclude<Outcome, { type: 'measured' }>): Trial {
  const isMissing = outcome.type === 'unavailable'
  const verdict = isMissing ? `not available: ${outcome.reason}` : `FAILED: ${outcome.reason}`
  return {
    cells: [graph.name, deviceName(choice), '', '', '', '', verdict],
    // WebGPU is an extra, which few servers have a driver for.
    failed: !(isMissing && choice.provider === 'webgpu'),
    printed: outcome.printed,
  }
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 0)} ms`
}
