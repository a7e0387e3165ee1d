import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isRecord } from '../is-record.ts'

const MOST_BYTES = 2 ** 20

export interface Probed {
  /** What it has told, each on a line of its own, as far as it came. */
  answers: Readonly<Record<string, unknown>>[]
  /** Why it did not come to its end; reads as the end of a sentence. */
  failure: string | undefined
}

/** Lets a program look at something in a process of its own, which native code may block or end. */
export async function runProbe(
  program: URL,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  patienceMs: number,
): Promise<Probed> {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('REPRISE_')))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(program), ...args], {
      env: { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', ...env, ORT_DISABLE_TELEMETRY: '1' },
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_BYTES,
    })
    return { answers: readAnswers(stdout), failure: undefined }
  } catch (error) {
    const { stdout = '', killed = false, signal, stderr = '' } = isRecord(error) ? error : {}
    const failure = killed
      ? `did not come to an end within ${patienceMs / 1000} s`
      : typeof signal === 'string'
        ? `was ended by ${signal}`
        : `failed: ${lastError(String(stderr)) || String(error)}`
    return { answers: readAnswers(String(stdout)), failure }
  }
}

/** Native code may print lines of its own. */
function readAnswers(stdout: string): Record<string, unknown>[] {
  return stdout.split('\n').flatMap((line) => {
    try {
      const answer: unknown = JSON.parse(line)
      return isRecord(answer) ? [answer] : []
    } catch {
      return []
    }
  })
}

/** The line of what Node prints about an error that says what it is. */
function lastError(stderr: string): string | undefined {
  const lines = stderr.trim().split('\n')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1)
}
