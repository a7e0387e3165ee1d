/** Messages below this many bytes cannot hold enough to do harm. */
const SMALL_BYTES = 2 ** 20
/** Objects and arrays in one message: as many as the largest output can have. */
const MOST_CONTAINERS = 4 * 2 ** 20

const QUOTE = 34
const BACKSLASH = 92
const OPENINGS = new Set([91, 123])

/** Whether a line of JSON holds so many objects that to parse it would take many times its size. */
export function isBloated(line: Buffer): boolean {
  if (line.length < SMALL_BYTES) return false
  let containers = 0
  let inText = false
  for (let i = 0; i < line.length; i++) {
    const byte = line[i] ?? 0
    if (byte === QUOTE) inText = !inText
    else if (inText) {
      if (byte === BACKSLASH) i++
    } else if (OPENINGS.has(byte) && ++containers > MOST_CONTAINERS) return true
  }
  return false
}
