/** What a command gets of the process it runs in. */
export interface Terminal {
  environment: NodeJS.ProcessEnv
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>
  /** Writes a line to standard output. */
  print(text: string): void
  /** Writes text to standard output as it is, without an end of line. */
  write(text: string): void
  /** Writes bytes to standard output, and resolves when more may be written. */
  writeBytes(bytes: Uint8Array): Promise<void>
  /** Writes text to standard error as it is, beside what standard output is for. */
  tell(text: string): void
  /** Shows somebody who watches what is going on, in a line that the next one replaces; an empty one takes it away. */
  status(text: string): void
  /** Resolves when the process is asked to stop; asked once more, it ends at once. */
  stopped: Promise<void>
}

/** Resolves when it has done its work; what it throws is shown and ends the process with a failure. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<void>
