import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Built by `npm run build`, and by `npm start` where it is not there. */
const BUILT_DIR = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/playground' : '../playground', import.meta.url),
)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The codings that the build makes, the smallest first. */
const CODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const

export interface PageFile {
  type: string
  /** Undefined for the bytes as they are. */
  coding: string | undefined
  bytes: Buffer
}

/** What the build of the playground has made; read once, when it is first asked for. */
export class PageFiles {
  readonly #dir: string
  /** Paths that can be asked for, and nothing else on the disk can. */
  readonly #names: ReadonlySet<string>
  readonly #read = new Map<string, Buffer>()

  /** @param dir nothing is there unless it has been built */
  constructor(dir = BUILT_DIR) {
    this.#dir = dir
    this.#names = new Set(namesIn(dir))
  }

  get built(): boolean {
    return this.#names.has('index.html')
  }

  /**
   * @param path below the folder, such as `assets/index-abc.js`
   * @param accepted the Accept-Encoding of the request
   */
  find(path: string, accepted = ''): PageFile | undefined {
    const type = TYPES[extname(path)]
    if (!type || !this.#names.has(path)) return
    const known = accepted.split(',').map((part) => part.trim().split(';')[0])
    const coding = CODINGS.find(({ name, suffix }) => known.includes(name) && this.#names.has(path + suffix))
    return { type, coding: coding?.name, bytes: this.#bytesOf(path + (coding?.suffix ?? '')) }
  }

  #bytesOf(name: string): Buffer {
    const known = this.#read.get(name)
    if (known) return known
    const bytes = readFileSync(join(this.#dir, name))
    this.#read.set(name, bytes)
    return bytes
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  } catch {
    return []
  }
}
