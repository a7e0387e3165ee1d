/** A file inside a URL (RFC 2397). */
export interface DataUri {
  /** `type/subtype` in lowercase; undefined where none is given. */
  contentType: string | undefined
  bytes: Buffer
}

/** Undefined when it is no data URI, or its base64 or percent-encoding is damaged. */
export function parseDataUri(text: string): DataUri | undefined {
  const comma = text.indexOf(',')
  if (comma === -1 || !/^data:/i.test(text)) return
  const [type = '', ...parameters] = text.slice('data:'.length, comma).split(';')
  const payload = text.slice(comma + 1)
  const bytes = parameters.at(-1)?.trim().toLowerCase() === 'base64' ? fromBase64(payload) : fromPercent(payload)
  return bytes && { contentType: type.includes('/') ? type.trim().toLowerCase() : undefined, bytes }
}

/** The part that tells the type, ended by the comma, for content that is written in base64. */
export function base64Header(uri: string): string {
  const header = uri.slice(0, uri.indexOf(','))
  return /;\s*base64\s*$/i.test(header) ? `${header},` : `${header};base64,`
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

function fromPercent(payload: string): Buffer | undefined {
  if (/%(?![0-9a-f]{2})/i.test(payload)) return
  const raw = Buffer.from(payload).toString('latin1')
  return Buffer.from(
    raw.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
