import { parseContentType } from '../files/content-type.ts'

/** More than any type with its parameters takes; it is kept with the prediction. */
const LONGEST_HEADER = 1_000

/** A file inside a URL (RFC 2397). */
export interface DataUri {
  /** Undefined where none is given that makes sense. */
  contentType: string | undefined
  bytes: Buffer
}

/** Ends the header of those that are not percent-encoded. */
const BASE64 = /;\s*base64\s*$/i

/** Undefined when it is no data URI, or its base64 or percent-encoding is damaged. */
export function parseDataUri(text: string): DataUri | undefined {
  const comma = text.indexOf(',')
  if (comma === -1 || comma > LONGEST_HEADER || !/^data:/i.test(text)) return
  const header = text.slice('data:'.length, comma)
  const payload = text.slice(comma + 1)
  const bytes = BASE64.test(header) ? fromBase64(payload) : fromPercent(payload)
  // Some write parameters that are none, such as `;utf8`.
  const [type = ''] = header.split(';')
  const contentType = parseContentType(header.replace(BASE64, '')) ?? parseContentType(type)
  return bytes && { contentType: contentType?.toLowerCase(), bytes }
}

/** The part that tells the type, ended by the comma, for content that is written in base64. */
export function base64Header(uri: string): string {
  const header = uri.slice(0, uri.indexOf(','))
  return BASE64.test(header) ? `${header},` : `${header};base64,`
}

/** Node decodes anything; what holds other characters, or has lost its end, is refused here. */
function fromBase64(payload: string): Buffer | undefined {
  const escaped = payload.includes('%') ? fromPercent(payload)?.toString() : payload
  const digits = escaped?.replace(/\s+/g, '')
  if (digits === undefined || !/^[a-z0-9+/_-]*={0,2}$/i.test(digits)) return
  const bytes = Buffer.from(digits, 'base64')
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0
  return bytes.length === Math.floor(((digits.length - padding) * 3) / 4) && digits.length % 4 !== 1 ? bytes : undefined
}

/** Decodes in place: there may be millions of escapes. */
function fromPercent(payload: string): Buffer | undefined {
  const bytes = Buffer.from(payload)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte !== PERCENT) {
      bytes[length++] = byte
      continue
    }
    const [high, low] = [hexDigit(bytes[++i]), hexDigit(bytes[++i])]
    if (high === -1 || low === -1) return
    bytes[length++] = high * 16 + low
  }
  return bytes.subarray(0, length)
}

const PERCENT = 0x25

/** The value of an ASCII digit; -1 for anything else. */
function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}
