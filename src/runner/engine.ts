import { isAbsolute, join, relative } from 'node:path'
import { type InferenceSession, Tensor } from 'onnxruntime-common'
import { isRecord } from '../is-record.ts'
import type { SessionSettings } from './protocol.ts'

/** Loads one ONNX file of a package. onnxruntime is loaded with the first. */
export async function loadSession(dir: string, file: string, settings: SessionSettings): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node')
  const session = await InferenceSession.create(packagePath(dir, file), {
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    // Threads that spin while they wait burn the cores that other runners need.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...settings.options,
  })
  return refusingNul(session)
}

/** The engine ends a text at its first NUL and says nothing: a wrong answer that looks right. */
function refusingNul(session: InferenceSession): InferenceSession {
  return new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (key === 'run') assertNoNul(args[0])
        return Reflect.apply(value, target, args)
      }
    },
  })
}

function assertNoNul(feeds: unknown): void {
  if (!isRecord(feeds)) return
  for (const [name, tensor] of Object.entries(feeds)) {
    if (!(tensor instanceof Tensor) || tensor.type !== 'string' || !Array.isArray(tensor.data)) continue
    if (tensor.data.some((text) => String(text).includes('\0')))
      throw new Error(`The tensor ${name} holds a text with a NUL character, which onnxruntime cannot take`)
  }
}

/** @throws when the file lies outside the package. */
export function packagePath(dir: string, file: string): string {
  const path = join(dir, file)
  const inside = relative(dir, path)
  if (inside.startsWith('..') || isAbsolute(inside)) throw new Error(`${file} is not a file of the package`)
  return path
}
