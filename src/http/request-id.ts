import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What may be sent as `x-request-id`: anything else is no id, or would not be fit for a line of a log. */
const SANE = /^[\w.:-]{1,64}$/

/** Ids of requests: those that clients send, or else made ones that no two servers make. */
export function requestIds(): (request: Pick<IncomingMessage, 'headers'>) => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && SANE.test(given) ? given : `${prefix}-${(++count).toString(36)}`
  }
}
