import type { IncomingHttpHeaders } from 'node:http'

/** Where something belongs in a trace, as the headers of W3C Trace Context say it. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
}

/** Version, trace, span and flags; all zeroes are no id, and versions to come may say more. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const LONGEST_TRACEPARENT = 128
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/
const LONGEST_TRACESTATE = 512
const MOST_MEMBERS = 32

/** Null for what is missing or not valid: it is as if nothing had been sent. */
export function parseTraceContext({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | null {
  if (typeof traceparent !== 'string' || !parseTraceparent(traceparent)) return null
  return typeof tracestate === 'string' && isTracestate(tracestate) ? { traceparent, tracestate } : { traceparent }
}

export function parseTraceparent(text: string): { traceId: string; spanId: string; traceFlags: number } | undefined {
  const [whole, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? []
  if (whole === undefined || text.length > LONGEST_TRACEPARENT || (version === '00' && more !== undefined)) return
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

function isTracestate(text: string): boolean {
  const members = text.split(',').map((member) => member.trim())
  const told = members.filter(Boolean)
  return (
    text.length <= LONGEST_TRACESTATE &&
    told.length > 0 &&
    told.length <= MOST_MEMBERS &&
    told.every((member) => MEMBER.test(member))
  )
}
