import { AppError } from '../errors.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import type { Package } from './package.ts'

/** What a package may set of those options that onnxruntime reads (rules 5): none of them reaches beyond its session. */
const SESSION_OPTIONS = ['graphOptimizationLevel', 'executionMode', 'enableCpuMemArena', 'enableMemPattern']

/**
 * The settings under which a package that was sent may run: it gets no more threads and memory than there are.
 * @throws AppError `invalid` that names what a package which was sent cannot say
 */
export function pushedRun({ yaml, run }: Package, most: { threads: number; memoryBytes: number }): RunSettings {
  if (yaml.version !== undefined)
    throw new AppError('invalid', 'model.yaml: a package that is pushed cannot pin its version; leave "version" out')
  if (run.minReplicas > 0)
    throw new AppError(
      'invalid',
      'model.yaml: run.replicas.min is 0 for a package that is pushed; a deployment with min_instances keeps replicas loaded',
    )
  const odd = Object.keys(run.sessionOptions).filter((name) => !SESSION_OPTIONS.includes(name))
  if (odd.length > 0)
    throw new AppError(
      'invalid',
      `model.yaml: run.session_options: a package that is pushed may set ${SESSION_OPTIONS.join(', ')}, but not ${odd.join(', ')}`,
    )
  return {
    ...run,
    threads: run.threads === null ? null : Math.min(run.threads, most.threads),
    memoryBytes: run.memoryBytes === null ? null : Math.min(run.memoryBytes, most.memoryBytes),
  }
}
