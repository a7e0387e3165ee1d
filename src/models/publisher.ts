import type { Write } from '../db/messages.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import type { ModelRegistry } from './registry.ts'

/** A version whose package has been looked at and tried; nothing of it is visible yet. */
export interface PreparedVersion {
  id: string
  /** Commits it; goes into the transaction of whatever makes it. */
  writes: Write
  /** Called after the commit: readers see it. */
  announce(): void
  /** Called when it will not be committed. */
  discard(): void
}

export interface PrepareOptions {
  /** Whose package holds, byte for byte, all the code that the new one may hold. */
  codeFrom?: RunnableVersion | undefined
  log?(text: string): void
  signal: AbortSignal
}

/** Makes versions of packages that do not lie in a folder of models. */
export class Publisher {
  readonly #models: ModelRegistry

  constructor(models: ModelRegistry) {
    this.#models = models
  }

  /**
   * Reads and tries a package that is to become a version of a model.
   * @param destination `owner/name`
   * @throws AppError `invalid` with the reason
   */
  async prepare(
    destination: string,
    packageDir: string,
    { codeFrom, signal }: PrepareOptions,
  ): Promise<PreparedVersion> {
    const { id, writes, announce } = await this.#models.prepare(destination, packageDir, { codeFrom, signal })
    // A snapshot that nothing refers to is swept at the next start.
    return { id, writes, announce, discard() {} }
  }
}
