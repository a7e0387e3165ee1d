/** What is wrong with an input; the message says what was expected and what came. */
export class InputFault extends Error {
  override name = 'InputFault'
  /** Dotted path from the root of the request body. */
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** All that is wrong, in the words of Replicate (replicate-api.md 2.3). */
export function describeFaults(faults: readonly InputFault[]): string {
  return faults.map(({ field, message }) => `- ${field}: ${message}`).join('\n')
}
