// A byte-level pair encoding: any text has an encoding, and every encoding decodes to exactly its text.
// Tokens 0 to 255 are bytes, 256 is the end of a text, and token 257 + n is the nth merge: two tokens read as one.
// scripts/storyteller/tokenizer.py learns the merges and is the same encoder.

import { readFileSync } from 'node:fs'

const BYTES = 256
const FIRST_MERGE = 257
const MOST_TOKENS = 65536

// Merges stay within a piece. A bounded piece bounds the work for a text without spaces.
const PIECE = / ?[A-Za-z]{1,24}| ?[^A-Za-z \n]{1,24}|\n{1,8}| /gu

interface TokenizerFile {
  end_of_text: number
  merges: [left: number, right: number][]
}

export class Tokenizer {
  readonly endOfText: number
  readonly #tokenByPair = new Map<number, number>()
  readonly #bytesByToken: Uint8Array[] = []

  constructor(path: string) {
    const { end_of_text, merges }: TokenizerFile = JSON.parse(readFileSync(path, 'utf8'))
    this.endOfText = end_of_text
    for (let byte = 0; byte < BYTES; byte += 1) this.#bytesByToken.push(Uint8Array.of(byte))
    this.#bytesByToken.push(new Uint8Array())
    for (const [rank, [left, right]] of merges.entries()) {
      this.#tokenByPair.set(pairKey(left, right), FIRST_MERGE + rank)
      this.#bytesByToken.push(Uint8Array.of(...this.bytes(left), ...this.bytes(right)))
    }
  }

  encode(text: string): number[] {
    return (text.match(PIECE) ?? []).flatMap((piece) => this.#encodePiece(piece))
  }

  /** The bytes of a token, which may begin or end within a character. */
  bytes(token: number): Uint8Array {
    const bytes = this.#bytesByToken[token]
    if (!bytes) throw new RangeError(`There is no token ${token}`)
    return bytes
  }

  /** Merges the pair that was learned first, everywhere, until no known pair is left. */
  #encodePiece(piece: string): number[] {
    let tokens = [...new TextEncoder().encode(piece)]
    for (;;) {
      const known = this.#pairs(tokens).filter((token) => token !== undefined)
      if (known.length === 0) return tokens
      tokens = this.#merge(tokens, Math.min(...known))
    }
  }

  /** For every token but the first, what it would make with the one before it. */
  #pairs(tokens: number[]): (number | undefined)[] {
    const pairs: (number | undefined)[] = []
    let before: number | undefined
    for (const token of tokens) {
      if (before !== undefined) pairs.push(this.#tokenByPair.get(pairKey(before, token)))
      before = token
    }
    return pairs
  }

  #merge(tokens: number[], merged: number): number[] {
    const result: number[] = []
    for (const token of tokens) {
      const before = result.at(-1)
      if (before !== undefined && this.#tokenByPair.get(pairKey(before, token)) === merged) {
        result[result.length - 1] = merged
      } else {
        result.push(token)
      }
    }
    return result
  }
}

function pairKey(left: number, right: number): number {
  return left * MOST_TOKENS + right
}
