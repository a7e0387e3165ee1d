import { siblingModule } from '../sibling-module.ts'
import { type Finding, ok, problem } from './finding.ts'
import { type Probed, runProbe } from './probe.ts'

const PATIENCE_MS = 60_000
const EXPECTED = 42

/** Loads onnxruntime in a process of its own and runs a tiny graph. */
export async function checkEngine(environment: NodeJS.ProcessEnv): Promise<Finding> {
  return judgeEngine(await probeEngine(environment))
}

/** @param deviceId of a GPU; undefined for the CPU */
export function probeEngine(environment: NodeJS.ProcessEnv, deviceId?: number): Promise<Probed> {
  const args = deviceId === undefined ? [] : [String(deviceId)]
  return runProbe(siblingModule(import.meta.url, './engine-probe'), args, environment, PATIENCE_MS)
}

/** Why it did not give the right result; undefined where it did. */
export function engineFault({ answers, failure }: Probed): string | undefined {
  const { result, fault } = Object.assign({}, ...answers)
  if (result === EXPECTED) return
  return typeof fault === 'string' ? fault : result === undefined ? `it ${failure}` : `it makes 21 + 21 ${result}`
}

export function judgeEngine(probed: Probed): Finding {
  const fault = engineFault(probed)
  const { version, backends } = Object.assign({}, ...probed.answers)
  if (fault !== undefined)
    return problem(
      `onnxruntime-node does not work: ${fault}`,
      'install again with npm ci, on a kind of machine that it is made for',
    )
  return ok(`onnxruntime-node ${version}, with ${Array.isArray(backends) ? backends.join(', ') : ''}`)
}
