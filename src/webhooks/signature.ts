import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** What a receiver needs to check a delivery (Standard Webhooks, replicate-api.md 8.1). */
export interface SignedHeaders {
  'webhook-id': string
  'webhook-timestamp': string
  'webhook-signature': string
}

/**
 * Signs the very bytes that are sent.
 * @param secrets each `whsec_` and base64; while one takes the place of another, receivers may know either
 * @param timestamp seconds since 1970
 */
export function sign(
  secrets: readonly string[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string | Uint8Array },
): SignedHeaders {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') }
}

/** @param key random bytes; clients split the text at its only underscore, which base64 does not have */
export function formatSecret(key: Uint8Array): string {
  return PREFIX + Buffer.from(key).toString('base64')
}
