import type { Terminal } from './command.ts'

/** A standard stream that may be a terminal. */
interface Screen {
  write(text: string | Uint8Array, written?: () => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

interface Streams {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Screen
  readonly stderr: Screen
  readonly env: NodeJS.ProcessEnv
}

const ERASE_LINE = '\r\x1b[K'
const DEFAULT_COLUMNS = 80

/**
 * The terminal of a process. The status line lives on standard error, only where that is watched, and only at the begin
 * of a line: it goes away before anything else is written, and would take with it what stands on its line.
 */
export function terminalOf(streams: Streams, stopped: Promise<void>): Terminal {
  const { stdout, stderr } = streams
  let shown = ''
  /** The terminal in whose last line something stands. */
  let open: Screen | undefined

  function show(text: string): void {
    if (!stderr.isTTY || text === shown || open) return
    stderr.write(ERASE_LINE + text)
    shown = text
  }

  function put(screen: Screen, text: string): void {
    if (text === '') return
    show('')
    // Logs between the words of an output would be taken for words.
    if (screen.isTTY && open && open !== screen) screen.write('\n')
    screen.write(text)
    if (screen.isTTY) open = text.endsWith('\n') ? undefined : screen
  }

  return {
    environment: streams.env,
    // Asked for late: to touch standard input is to open it.
    get input() {
      return streams.stdin
    },
    print: (text) => put(stdout, `${text}\n`),
    write: (text) => put(stdout, text),
    writeBytes: (bytes) => new Promise((resolve) => stdout.write(bytes, () => resolve())),
    tell: (text) => put(stderr, text),
    status: (text) => show(text.slice(0, (stderr.columns || DEFAULT_COLUMNS) - 1)),
    stopped,
  }
}
