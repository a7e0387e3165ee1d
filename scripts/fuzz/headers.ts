import type { Random } from '../soak/random.ts'
import { asBytes, type FuzzRequest } from './request.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'

const VALUES: Readonly<Record<string, readonly string[]>> = {
  Prefer: [
    'wait',
    'wait=1',
    'wait=0',
    'wait=60',
    'wait=1e9',
    'wait=-1',
    'wait="1"',
    'respond-async',
    'wait=1, wait=2',
    ', ,',
    ';',
    'wait=0x1',
  ],
  'Cancel-After': ['5', '5s', '6s', '1m', '2h30m', '0', '-1', '1e3', '99999999999h', '5 s', '8760h', '1d'],
  'Idempotency-Key': ['a', 'b', 'c', 'key', '__proto__', 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(9_000)],
  Range: [
    'bytes=0-0',
    'bytes=0-',
    'bytes=-1',
    'bytes=5-2',
    'bytes=0-1,2-3',
    'bytes=99999-',
    'bytes=a-b',
    'bytes=',
    'items=0-1',
    'bytes=-0',
    `bytes=${'0-0,'.repeat(500)}1-1`,
    'bytes=0-99999999999999999999',
  ],
  'If-Range': ['"abc"', 'W/"abc"', 'Thu, 01 Jan 1970 00:00:00 GMT', 'nonsense'],
  'If-None-Match': ['*', '"a"', 'W/"a", "b"', ','],
  'If-Match': ['*', '"a"'],
  'If-Modified-Since': ['Thu, 01 Jan 2099 00:00:00 GMT', 'nonsense'],
  'If-Unmodified-Since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'nonsense'],
  Authorization: [
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer wrong',
    'Token wrong',
    'bearer\twrong',
    `Bearer ${'x'.repeat(8_000)}`,
    'Bearer a b',
    'Digest username="a"',
  ],
  'Content-Type': [
    'application/json',
    'application/json; charset=utf-16',
    'application/json; charset=nonsense',
    'APPLICATION/JSON',
    'text/plain',
    'text/html',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
    'multipart/form-data; boundary="a b"',
    'multipart/mixed; boundary=x',
    'application/x-tar',
    'application/gzip',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'application/problem+json',
    'application/json, text/plain',
    '*/*',
    '/',
    ';',
    'nonsense',
  ],
  'Content-Encoding': ['gzip', 'br', 'identity', 'deflate, gzip', 'nonsense'],
  Accept: ['text/event-stream', 'application/json', 'text/html', '*/*;q=0', 'nonsense', ''],
  'Accept-Encoding': ['gzip', 'br', 'identity;q=0', '*;q=0'],
  Host: [
    '',
    'localhost',
    'evil.example',
    'evil.example:99999',
    '[::1]',
    '[',
    'a b',
    '127.0.0.1:0',
    'a/b',
    'a@b',
    'a?b',
    'x'.repeat(2_000),
    '%00',
    '<script>',
    'évil',
  ],
  Origin: ['null', 'http://evil.example', 'http://127.0.0.1', 'nonsense', ''],
  'Sec-Fetch-Site': ['cross-site', 'same-origin', 'none', 'nonsense'],
  'Last-Event-ID': [
    '0:0',
    '1:1',
    '1700000000:5',
    ':',
    '-1:-1',
    '1:99999999999999999999',
    '0:1e3',
    'nonsense',
    '9'.repeat(400),
  ],
  'User-Agent': [
    'replicate-javascript/1.4.0',
    'replicate-python/1.0.4',
    'replicate-python/0.34.0',
    '',
    'x'.repeat(5_000),
  ],
  traceparent: [
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-0000000000000000-00',
    'ff-',
    '00-xyz',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra',
  ],
  tracestate: ['a=b', `${'a=b,'.repeat(200)}`, 'nonsense'],
  'X-Forwarded-For': ['127.0.0.1', '::1, evil', 'nonsense'],
  'X-Forwarded-Host': ['evil.example', ''],
  'X-Forwarded-Proto': ['https', 'javascript', ''],
  Forwarded: ['for=127.0.0.1;host=evil.example'],
  'X-HTTP-Method-Override': ['DELETE', 'nonsense'],
  Cookie: ['a=b', '__proto__=1'],
  Expect: ['100-continue', 'nonsense', '100-continue, 200-ok'],
  Upgrade: ['websocket', 'h2c', 'TLS/1.0'],
  Connection: ['close', 'keep-alive', 'Upgrade', 'Host', 'upgrade, close', 'nonsense'],
  TE: ['trailers', 'chunked'],
  Trailer: ['Content-Length', 'X-A'],
  'Content-Disposition': ['attachment; filename="../../a"'],
  'Content-Range': ['bytes 0-1/2', 'nonsense'],
  'X-Request-Id': ['a', 'x'.repeat(1_000)],
  DNT: ['1'],
}
const NAMES = Object.keys(VALUES)
/** Headers that are to be there once take the place of those that are. */
const SINGLE = new Set(['Authorization', 'Content-Type', 'Host', 'Prefer'])

/** The same request with other headers. */
export function mutateHeaders(request: FuzzRequest, random: Random): FuzzRequest {
  const { headers, body } = request
  const plus = (...more: [string, string][]) => ({ ...request, headers: [...headers, ...more] })
  const without = (unwanted: string) => headers.filter(([name]) => name.toLowerCase() !== unwanted)
  switch (random.below(20)) {
    case 0:
      return plus(...Array.from({ length: random.from([50, 300, 3_000]) }, (_, i): [string, string] => [`X-${i}`, 'a']))
    case 1:
      return plus(['X-Huge', 'a'.repeat(random.from([1_000, 15_000, 20_000, 100_000]))])
    case 2:
      return plus([
        random.from(['X-A', 'Prefer', 'Idempotency-Key', 'Last-Event-ID', 'User-Agent']),
        asBytes(random.from(STRANGE_TEXTS)),
      ])
    case 3:
      return plus([random.from(['', ' ', 'X A', 'X\tA', 'X:A', '(', '__proto__', 'constructor', 'é', 'X-\u0000']), 'a'])
    case 4: {
      // The body is not as long as it says.
      const length = random.from([
        String(body.length + 1),
        String(Math.max(0, body.length - 1)),
        '0',
        '-1',
        '1e3',
        '99999999999999999999',
        'nonsense',
        '',
        '5, 5',
        '+5',
        '0x5',
        '99999999',
      ])
      return { ...request, lies: true, headers: [...without('content-length'), ['Content-Length', length]] }
    }
    case 5:
      return { ...request, lies: true, headers: without('content-length') }
    case 6: {
      const coding = random.from([
        'chunked',
        'Chunked',
        'gzip, chunked',
        'chunked, chunked',
        'identity',
        'chunked, gzip',
        'xchunked',
        ' chunked',
        'nonsense',
      ])
      return { ...request, lies: true, headers: [...headers, ['Transfer-Encoding', coding]] }
    }
    case 7:
    case 8: {
      const chunked = chunks(body, random)
      const lies = random.chance(0.3)
      return {
        ...request,
        lies,
        body: lies ? chunked.subarray(0, random.below(chunked.length)) : chunked,
        headers: [
          ...without('content-length').filter(([name]) => name !== 'Transfer-Encoding'),
          ['Transfer-Encoding', 'chunked'],
        ],
      }
    }
    case 9: {
      const gone = headers[random.below(headers.length)]?.[0].toLowerCase() ?? ''
      const lies = request.lies || gone === 'content-length' || gone === 'transfer-encoding'
      return { ...request, lies, headers: without(gone) }
    }
    case 10: {
      const twice = headers[random.below(headers.length)]
      return twice ? { ...request, headers: [...headers, twice] } : request
    }
    default: {
      const name = random.from(NAMES)
      const value = asBytes(random.from(VALUES[name] ?? ['']))
      const others = SINGLE.has(name) ? without(name.toLowerCase()) : headers
      return { ...request, headers: [...others, [random.chance(0.1) ? name.toUpperCase() : name, value]] }
    }
  }
}

/** A body in chunks, of which some have extensions, and all is ended by a trailer or not. */
function chunks(body: Buffer, random: Random): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.below(Math.max(1, Math.ceil(body.length / 2))))
    const extension = random.chance(0.1) ? ';a=b' : ''
    pieces.push(Buffer.from(`${size.toString(16)}${extension}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'))
    at += size
  }
  return Buffer.concat([...pieces, Buffer.from(random.chance(0.1) ? '0\r\nX-Trailer: a\r\n\r\n' : '0\r\n\r\n')])
}
