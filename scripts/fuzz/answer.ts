/** An HTTP answer as it came over the wire. */
export interface Answer {
  status: number
  /** By name in lowercase; a header that came twice is joined by a comma. */
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** Whether the server will send nothing more on this connection. */
  closes: boolean
}

/** Bytes that are no HTTP. */
export class BrokenAnswer extends Error {
  override name = 'BrokenAnswer'
}

const HEAD_END = '\r\n\r\n'
const BRACE = '{'.charCodeAt(0)
const LONGEST_HEAD = 64 * 2 ** 10

export interface Head {
  status: number
  headers: Record<string, string>
  /** Where the body begins. */
  end: number
}

/** Undefined as long as it has not come whole. @throws BrokenAnswer */
export function parseHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) {
    if (bytes.length > LONGEST_HEAD) throw new BrokenAnswer('The head of the answer goes on and on')
    return
  }
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(first)?.[1]
  if (status === undefined) throw new BrokenAnswer(`The answer begins with ${JSON.stringify(first.slice(0, 100))}`)
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s?(.*)$/.exec(line) ?? []
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    if (name === undefined || /[\x00-\x08\x0a-\x1f\x7f]/.test(value))
      throw new BrokenAnswer(`The answer has the header line ${JSON.stringify(line.slice(0, 200))}`)
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  return { status: Number(status), headers, end: end + HEAD_END.length }
}

/**
 * The answer at the begin of what has come, and how many bytes it takes; undefined as long as it is not whole.
 * @param bodiless whether the answer has no body whatever its headers say, as that to HEAD
 * @param ended whether nothing more will come
 * @throws BrokenAnswer
 */
export function parseAnswer(
  bytes: Buffer,
  { bodiless, ended }: { bodiless: boolean; ended: boolean },
): { answer: Answer; length: number } | undefined {
  const head = parseHead(bytes)
  if (!head) return
  const { status, headers, end } = head
  // What only says that the answer proper is to come.
  if (status < 200) {
    const rest = parseAnswer(bytes.subarray(end), { bodiless, ended })
    return rest && { answer: rest.answer, length: end + rest.length }
  }
  const closes = /\bclose\b/i.test(headers.connection ?? '')
  const whole = (body: Buffer, length: number, closing = closes) => ({
    answer: { status, headers, body, closes: closing },
    length,
  })
  // What could not be parsed is answered with a problem whatever its method would have been.
  if ((bodiless && bytes[end] !== BRACE) || status === 204 || status === 304) return whole(Buffer.alloc(0), end)
  const rest = bytes.subarray(end)
  if (/chunked/i.test(headers['transfer-encoding'] ?? '')) {
    const chunks = parseChunks(rest)
    return chunks && whole(chunks.body, end + chunks.length)
  }
  const declared = headers['content-length']
  if (declared === undefined) return ended ? whole(rest, bytes.length, true) : undefined
  if (!/^\d+$/.test(declared)) throw new BrokenAnswer(`The answer has a Content-Length of ${declared}`)
  const length = Number(declared)
  return rest.length < length ? undefined : whole(rest.subarray(0, length), end + length)
}

function parseChunks(bytes: Buffer): { body: Buffer; length: number } | undefined {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return
    const line = bytes.subarray(at, lineEnd).toString('latin1')
    if (!/^[0-9a-f]+$/i.test(line)) throw new BrokenAnswer(`A chunk begins with ${JSON.stringify(line.slice(0, 50))}`)
    const size = Number.parseInt(line, 16)
    const begin = lineEnd + 2
    if (bytes.length < begin + size + 2) return
    if (bytes.toString('latin1', begin + size, begin + size + 2) !== '\r\n')
      throw new BrokenAnswer('A chunk does not end where it says')
    if (size === 0) return { body: Buffer.concat(pieces), length: begin + 2 }
    pieces.push(bytes.subarray(begin, begin + size))
    at = begin + size + 2
  }
}
