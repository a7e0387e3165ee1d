import { isAbsolute, join, relative } from 'node:path'
import type { InferenceSession } from 'onnxruntime-common'
import type { SessionSettings } from './protocol.ts'

/** Loads one ONNX file of a package. onnxruntime is loaded with the first. */
export async function loadSession(dir: string, file: string, settings: SessionSettings): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node')
  return InferenceSession.create(packagePath(dir, file), {
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    // Threads that spin while they wait burn the cores that other runners need.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...settings.options,
  })
}

/** @throws when the file lies outside the package. */
export function packagePath(dir: string, file: string): string {
  const path = join(dir, file)
  const inside = relative(dir, path)
  if (inside.startsWith('..') || isAbsolute(inside)) throw new Error(`${file} is not a file of the package`)
  return path
}
