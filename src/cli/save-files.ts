import { relative } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { OutputPlace } from './output-place.ts'
import { pathOf, type RunningServer } from './server.ts'

const DATA_URI = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,;]*)*?(;base64)?,(.*)$/s

/** Brings the files of an output here. */
export class SavedFiles {
  readonly #server: RunningServer
  readonly #origin: string
  readonly #place: OutputPlace
  readonly #troubles: string[] = []

  /** @param url of the prediction: its files have the same origin */
  constructor(server: RunningServer, url: string, place: OutputPlace) {
    this.#server = server
    this.#origin = new URL(url).origin
    this.#place = place
  }

  /**
   * The value with the paths of files in the places of their URLs; the URL of one that could not be saved stays, so that
   * it is not lost.
   */
  async save(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return this.#saveText(value)
    if (Array.isArray(value)) return this.#saveAll(value)
    if (!isRecord(value)) return value
    const keys = Object.keys(value)
    const values = await this.#saveAll(Object.values(value))
    return Object.fromEntries(keys.map((key, index) => [key, values[index]]))
  }

  /** @throws AppError with why files could not be saved, if any */
  assertSaved(): void {
    if (this.#troubles.length > 0)
      throw new AppError('invalid', `Not every file could be saved:\n${this.#troubles.join('\n')}`)
  }

  async #saveAll(values: readonly unknown[]): Promise<unknown[]> {
    const saved: unknown[] = []
    // One after the other, so that names are given in order.
    for (const value of values) saved.push(await this.save(value))
    return saved
  }

  async #saveText(text: string): Promise<string> {
    if (!this.#isFile(text)) return text
    try {
      return relative('', await (text.startsWith('data:') ? this.#saveDataUri(text) : this.#download(text)))
    } catch (error) {
      if (this.#server.stopping.aborted) throw error
      this.#troubles.push(messageOf(error))
      return text
    }
  }

  #isFile(text: string): boolean {
    if (text.startsWith('data:')) return DATA_URI.test(text)
    const url = /^https?:/.test(text) ? URL.parse(text) : undefined
    return url?.origin === this.#origin && url.pathname.startsWith('/v1/outputs/')
  }

  async #download(url: string): Promise<string> {
    const path = pathOf(url)
    const { headers, body } = await this.#server.open(path)
    const name = (await nameIn(headers.get('content-disposition'))) ?? lastPart(path)
    return this.#place.write(name, body ?? once(new Uint8Array()))
  }

  async #saveDataUri(text: string): Promise<string> {
    const [, type = '', base64, data = ''] = DATA_URI.exec(text) ?? []
    const bytes = base64 ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data))
    const { default: mime } = await import('mime')
    const ending = mime.getExtension(type)
    return this.#place.write(ending ? `output.${ending}` : 'output', once(bytes))
  }
}

async function nameIn(disposition: string | null): Promise<string | undefined> {
  if (disposition === null) return
  const { parse } = await import('content-disposition')
  return parse(disposition).parameters.filename
}

function lastPart(path: string): string {
  const last = URL.parse(path, 'http://localhost')?.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes
}
