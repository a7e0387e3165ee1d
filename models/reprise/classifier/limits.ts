/** Width times height of a picture: what the cameras of phones take. */
export const MOST_PIXELS = 50_000_000

/** Of a zip: what it may hold, of whatever kind. */
export const MOST_ENTRIES = 50_000

/** Unpacked, all entries together. */
export const MOST_UNPACKED_BYTES = 2 ** 30

/** Unpacked; it bounds the memory, because pictures are read one after the other. */
export const MOST_PICTURE_BYTES = 64 * 2 ** 20

export const MOST_CLASSES = 100

/** With as many classes as there may be, the head takes eight minutes of one core, and with mirror images sixteen. */
export const MOST_PICTURES = 5_000

export const LONGEST_LABEL = 200

export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

export function asMegabytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 2 ** 20))} MiB`
}
