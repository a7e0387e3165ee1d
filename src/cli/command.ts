/** What a command gets of the process it runs in. */
export interface Terminal {
  environment: NodeJS.ProcessEnv
  /** Writes a line to standard output. */
  print(text: string): void
  /** Resolves when the process is asked to stop; asked once more, it ends at once. */
  stopped: Promise<void>
}

/** Resolves when it has done its work; what it throws is shown and ends the process with a failure. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<void>
