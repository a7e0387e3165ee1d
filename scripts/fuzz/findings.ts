import { print } from '../soak/print.ts'

const MOST_PRINTED = 40
const MOST_BYTES = 2_000

/** What was found wrong, told at once in a way that it can be tried again. */
export class Findings {
  readonly texts: string[] = []
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  /**
   * @param sent what the server had been sent, if it was that
   * @param before what had been sent before on the same connection
   */
  add(what: string, index?: number, sent?: Buffer, before?: Buffer): void {
    this.texts.push(what)
    if (this.texts.length > MOST_PRINTED) return
    const again = index === undefined ? '' : ` (npm run fuzz -- --seed ${this.#seed} --only ${index})`
    print(`FOUND${again}: ${what}`)
    if (before) print(`  before it on the connection: ${shown(before)}`)
    if (sent) print(`  sent: ${shown(sent)}`)
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, MOST_BYTES).toString('latin1'))
}
