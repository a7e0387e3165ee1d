import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { errorCode } from '../error-code.ts'
import { messageOf } from '../errors.ts'
import { type Gpu, parseGpus, visibleGpus } from './gpu.ts'

const ASK = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits']
/** A driver in trouble may never answer. */
const PATIENCE_MS = 5_000

/**
 * The NVIDIA GPUs that this process may use; onnxruntime is not loaded for it.
 * @param onFault hears why there are none, where the driver is there but cannot tell
 */
export async function findGpus(
  environment: NodeJS.ProcessEnv,
  onFault: (reason: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<Gpu[]> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const { stdout } = await promisify(execFile)('nvidia-smi', ASK, { env: environment, signal, killSignal: 'SIGKILL' })
    return visibleGpus(parseGpus(stdout), environment.CUDA_VISIBLE_DEVICES)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') onFault(reasonOf(error, patienceMs))
    return []
  }
}

/** It says on its output what is wrong. */
function reasonOf(error: unknown, patienceMs: number): string {
  if (errorCode(error) === 'ABORT_ERR') return `nvidia-smi did not answer within ${patienceMs / 1000} s`
  const said = error instanceof Error && 'stdout' in error ? String(error.stdout).trim() : ''
  return `nvidia-smi failed: ${said || messageOf(error).trim()}`
}
