import { type Dispatcher, request } from 'undici'
import { formatDuration } from '../duration.ts'
import { AppError } from '../errors.ts'
import { receiveFile, TooLarge } from '../files/receive-file.ts'
import { startTimer } from '../timer.ts'
import { nameOf, usefulType } from './answer-headers.ts'
import { networkTrouble } from './network-trouble.ts'
import { parseOutboundUrl } from './url.ts'

const MOST_REDIRECTS = 5
const REDIRECTS = [301, 302, 303, 307, 308]
/** Whatever the answer says of its bytes is said of the file: no encoding for the way. */
const HEADERS = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'reprise' }

export interface DownloadOptions {
  /** Decides which addresses may be reached. */
  agent: Dispatcher
  limitBytes: number
  /** For everything: all redirects and the body. */
  deadlineMs: number
  signal: AbortSignal
}

export interface Downloaded {
  /** Bytes. */
  size: number
  /** Type and subtype as the answer says them; undefined where it says nothing useful. */
  contentType: string | undefined
  /** From Content-Disposition, else the last part of the path; tidied, never empty. */
  name: string
}

interface Answer extends Dispatcher.ResponseData {
  /** Where it came from after all redirects. */
  url: URL
}

/**
 * Fetches a file from the web to a path whose folder exists. Of what fails nothing stays behind.
 * @throws AppError with a clause that can follow a colon: `unavailable` for trouble on the way, `invalid` for what the
 * server answers and for addresses that are refused; the reason of the signal when that ends it; faults of the disk
 */
export async function download(
  url: URL,
  path: string,
  { agent, limitBytes, deadlineMs, signal }: DownloadOptions,
): Promise<Downloaded> {
  const deadline = new AbortController()
  const stopTimer = startTimer(deadlineMs, () =>
    deadline.abort(new AppError('unavailable', `it was not downloaded within ${formatDuration(deadlineMs)}`)),
  )
  const ended = AbortSignal.any([signal, deadline.signal])
  try {
    const answer = await follow(url, agent, ended)
    try {
      const { headers } = answer
      assertPlain(first(headers['content-encoding']))
      if (Number(headers['content-length']) > limitBytes) throw new TooLarge(`${headers['content-length']} bytes`)
      return {
        // After a power loss it is downloaded again.
        size: await receiveFile(pieces(answer, ended), path, { limitBytes, durable: false }),
        contentType: usefulType(first(headers['content-type'])),
        name: nameOf(answer.url, first(headers['content-disposition'])),
      }
    } finally {
      discard(answer)
    }
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    throw new AppError('invalid', `it is larger than ${formatSize(limitBytes)}`, { cause: error })
  } finally {
    stopTimer()
  }
}

async function follow(start: URL, agent: Dispatcher, signal: AbortSignal): Promise<Answer> {
  let url = start
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const answer = await ask(url, agent, signal)
    if (answer.statusCode === 200) return answer
    discard(answer)
    url = redirectTarget(answer)
  }
  throw new AppError('invalid', `it redirects more than ${MOST_REDIRECTS} times`)
}

async function ask(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Answer> {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end)
  try {
    signal.throwIfAborted()
    // undici heeds a signal only once it has a connection.
    const response = await Promise.race([request(url, { dispatcher, signal, headers: HEADERS }), ended])
    return { ...response, url }
  } catch (error) {
    signal.throwIfAborted()
    throw networkTrouble(error, url)
  } finally {
    signal.removeEventListener('abort', end)
  }
}

function redirectTarget({ statusCode, headers, url }: Answer): URL {
  const location = first(headers.location)
  if (!REDIRECTS.includes(statusCode) || location === undefined) {
    throw new AppError('invalid', `the server answered ${statusCode}`)
  }
  const target = URL.parse(location, url.href)
  if (!target) throw new AppError('invalid', 'it redirects to something that is not a URL')
  return parseOutboundUrl(target.href)
}

async function* pieces({ body, url }: Answer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    signal.throwIfAborted()
    throw networkTrouble(error, url)
  }
}

/** Ends the connection where something is left to read. */
function discard({ body }: Answer): void {
  body.on('error', () => {}).destroy()
}

function assertPlain(encoding = 'identity'): void {
  if (encoding.toLowerCase() === 'identity') return
  throw new AppError('invalid', `the server answered in the encoding ${encoding}, though asked for the plain file`)
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function formatSize(bytes: number): string {
  return bytes % 1e6 === 0 ? `${bytes / 1e6} MB` : `${bytes} bytes`
}
