import type { Who } from './world.ts'

/** What is sent, in a shape in which nothing has to make sense. */
export interface FuzzRequest {
  /** Of which account the token is, if there is one. */
  who: Who | undefined
  method: string
  /** One character for each byte. */
  target: string
  /** The values hold one character for each byte. */
  headers: readonly (readonly [name: string, value: string])[]
  body: Buffer
  /** The client goes away when it has not been answered after so long; others wait for their answer. */
  leaveAfterMs: number | undefined
  /** Whether its own words about the body are not true, so that the server may wait for more of it. */
  lies: boolean
  /** Whether the answer may hold what its path gives away: a capability of whoever made it. */
  name: string
}

export function toBytes({ method, target, headers, body }: FuzzRequest): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** A text as the bytes of its UTF-8, one character for each; a lone surrogate becomes the bytes it would have. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}
