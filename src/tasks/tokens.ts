/** How a text that was cut into tokens comes to the length that a graph takes. Pure. */

export type Side = 'left' | 'right'

/** Numbers of tokens: of the text itself, and those that stand around every text, such as [CLS] and [SEP]. */
export interface Tokens {
  before: readonly number[]
  text: readonly number[]
  after: readonly number[]
}

/**
 * Tells what a tokenizer puts around a text from the same text with and without it.
 * @param full as the tokenizer gives it
 */
export function separate(full: readonly number[], text: readonly number[]): Tokens {
  const around = full.length - text.length
  for (let start = 0; start <= around; start++)
    if (text.every((id, index) => full[start + index] === id))
      return { before: full.slice(0, start), text, after: full.slice(start + text.length) }
  // What is put around it has changed the text: nothing can be told apart.
  return { before: [], text: full, after: [] }
}

/** @param side of the text that goes when it is too long */
export function truncated({ before, text, after }: Tokens, most: number, side: Side): number[] {
  const room = Math.max(0, most - before.length - after.length)
  const kept = text.length <= room ? text : side === 'right' ? text.slice(0, room) : text.slice(text.length - room)
  return [...before, ...kept, ...after].slice(0, most)
}

/** @param side of the text where it is filled up */
export function padded(ids: readonly number[], length: number, filler: number, side: Side): number[] {
  const padding = new Array<number>(Math.max(0, length - ids.length)).fill(filler)
  return side === 'right' ? [...ids, ...padding] : [...padding, ...ids]
}
