import { type InferenceSession, Tensor } from 'onnxruntime-common'
import { isRecord } from '../is-record.ts'

/** A session whose feeds are looked at, and put so that the engine takes them for what they are. */
export function withPreparedFeeds(session: InferenceSession): InferenceSession {
  return new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (key === 'run') args[0] = prepareFeeds(args[0])
        return Reflect.apply(value, target, args)
      }
    },
  })
}

/** @throws for what the engine would take for something else */
function prepareFeeds(feeds: unknown): unknown {
  if (!isRecord(feeds) || feeds instanceof Tensor) return feeds
  const prepared = { ...feeds }
  for (const [name, tensor] of Object.entries(feeds)) {
    if (!(tensor instanceof Tensor)) continue
    if (tensor.type === 'string') assertNoNul(name, tensor)
    else if (tensor.type === 'float16') prepared[name] = halvesAsBits(tensor)
  }
  return prepared
}

/** The engine ends a text at its first NUL and says nothing: a wrong answer that looks right. */
function assertNoNul(name: string, { data }: Tensor): void {
  if (Array.isArray(data) && data.some((text) => String(text).includes('\0')))
    throw new Error(`The tensor ${name} holds a text with a NUL character, which onnxruntime cannot take`)
}

/** A Float16Array has no length for the engine (microsoft/onnxruntime#32323); the same bits as integers do. */
function halvesAsBits(tensor: Tensor): Tensor {
  const data: unknown = tensor.data
  if (!(data instanceof Float16Array)) return tensor
  const bits = new Uint16Array(data.buffer, data.byteOffset, data.length)
  return Object.create(tensor, { data: { value: bits } })
}
