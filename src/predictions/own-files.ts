import type { Account } from '../accounts/account.ts'
import { messageOf } from '../errors.ts'
import type { FileService } from '../files/service.ts'
import { canonicalPath } from '../http/canonical-path.ts'
import { parseOutboundUrl } from '../outbound/url.ts'
import type { OwnFile } from './input-plan.ts'

export const OWN_FILE_GONE = 'The file does not exist, or its time is over; upload it again'

/** Finds the file of an output by what stands in its URL. */
export type FindOutput = (token: string) => OwnFile | undefined

/**
 * Recognises the URLs of this server in inputs, so that no request is made for what lies on its own disk
 * (replicate-api.md trap 18). It answers to more names than it knows: the path tells, and an id that nobody can guess.
 */
export class OwnFiles {
  readonly #files: FileService
  readonly #findOutput: FindOutput

  constructor(files: FileService, findOutput: FindOutput) {
    this.#files = files
    this.#findOutput = findOutput
  }

  /**
   * What an input's URL means: a file of ours, something to download, or a sentence that says why neither.
   * @param origin of the request that gives the URL
   */
  resolve(account: Account, origin: string, text: string): OwnFile | URL | string {
    let url: URL
    try {
      url = parseOutboundUrl(text)
    } catch (error) {
      return `The URL cannot be used: ${messageOf(error)}`
    }
    const [, kind, id = ''] = /^\/v1\/(files|outputs)\/([0-9a-z]+)(?:\/|$)/.exec(canonicalPath(url.pathname)) ?? []
    if (kind === undefined) return url
    const own = kind === 'files' ? this.#findUpload(account, id, url.searchParams) : this.#findOutput(id)
    if (own) return own
    return url.origin === origin ? OWN_FILE_GONE : url
  }

  /** Whoever has a signed URL may use the file of another account, too. */
  #findUpload(account: Account, id: string, query: URLSearchParams): OwnFile | undefined {
    const grant = { owner: query.get('owner') ?? '', id, expiry: query.get('expiry') ?? '' }
    return this.#files.find(account, id) ?? this.#files.findGranted(grant, query.get('signature') ?? '')
  }
}
