import { open } from 'node:fs/promises'

const OCTET_STREAM = 'application/octet-stream'
const PLAIN_TEXT = 'text/plain'
/** As much of a file is looked at. */
const SNIFFED_BYTES = 2 ** 16
const LONGEST = 255

const TOKEN = "[a-z0-9!#$%&'*+.^_`|~-]+"
/** What stands between the quotes holds none itself, so that a text can be read in one way only. */
const QUOTED = '"(?:[\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\x20-\\x7e])*"'
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`, 'i')

/** Undefined for what is no `type/subtype`, with or without parameters. */
export function parseContentType(text: string): string | undefined {
  const type = text.trim()
  return type.length <= LONGEST && MEDIA_TYPE.test(type) ? type : undefined
}

/**
 * The type of a file: the one given with it, else what its first bytes tell, else what its name tells. Many clients give
 * `application/octet-stream` for everything, which counts as nothing (replicate-api.md trap 22); so does `text/plain`
 * where the bytes are no text, because a part of a form that names no type has that one (RFC 7578, 4.4).
 */
export async function contentTypeOf(
  path: string,
  { name, given }: { name: string; given: string | undefined },
): Promise<string> {
  if (given && given !== OCTET_STREAM && given !== PLAIN_TEXT) return given
  const begin = await readBegin(path)
  if (given === PLAIN_TEXT && !begin.includes(0)) return given
  const told = await typeOfBytes(begin)
  // The bytes of an SVG tell no more than that it is XML.
  const named = told === undefined || told === 'application/xml' ? await typeOfName(name) : undefined
  return named ?? told ?? OCTET_STREAM
}

// Both libraries are loaded when they are first asked: together they cost 40 ms.

async function typeOfBytes(begin: Uint8Array): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import('file-type')
  try {
    return (await fileTypeFromBuffer(begin))?.mime
  } catch {
    // Bytes that only seem to be of some type.
    return
  }
}

async function typeOfName(name: string): Promise<string | undefined> {
  const { default: mime } = await import('mime')
  return mime.getType(name) ?? undefined
}

async function readBegin(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
