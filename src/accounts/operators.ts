import { type Account, LOCAL_ACCOUNT } from './account.ts'

/** The accounts that see what concerns the whole server (rules 6). */
export class Operators {
  readonly #names: ReadonlySet<string>

  /** @param names accounts beside `local` */
  constructor(names: readonly string[]) {
    this.#names = new Set([LOCAL_ACCOUNT.username, ...names])
  }

  includes({ username }: Account): boolean {
    return this.#names.has(username)
  }
}
