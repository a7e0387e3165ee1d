import { createHmac } from 'node:crypto'
import { secretsEqual } from '../secret.ts'

/** What a signature allows: whoever has it may read the file of this owner until then. */
export interface Grant {
  owner: string
  id: string
  /** Unix time in seconds, as it stands in the URL. */
  expiry: string
}

/** Base64 of the HMAC that Replicate documents (replicate-api.md 7.1). */
export function signatureOf(key: Uint8Array, { owner, id, expiry }: Grant): string {
  return createHmac('sha256', key).update(`${owner} ${id} ${expiry}`).digest('base64')
}

/** @param now milliseconds since 1970 */
export function isGranted(key: Uint8Array, grant: Grant, signature: string, now: number): boolean {
  // A client that does not escape the plus sign sends a space.
  const signed = secretsEqual(signature.replaceAll(' ', '+'), signatureOf(key, grant))
  return signed && /^\d{1,12}$/.test(grant.expiry) && Number(grant.expiry) * 1000 > now
}
