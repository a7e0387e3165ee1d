/** A place between two rows of a list that is sorted by time and id, newest first. */
export interface Position {
  /** Milliseconds since 1970. */
  at: number
  id: string
  /** Whether the page lies before the place, towards newer rows. */
  reverse: boolean
}

export interface Page<Row> {
  rows: Row[]
  next: Position | undefined
  previous: Position | undefined
}

/** What a store found beyond a position, in its direction, and whether there is more. */
export interface Found<Row> {
  rows: Row[]
  more: boolean
}

/** Makes a page, newest first, with the places where its neighbours begin. */
export function toPage<Row extends { createdAt: number; id: string }>(
  found: Found<Row>,
  position: Position | undefined,
): Page<Row> {
  const { more } = found
  const rows = position?.reverse ? found.rows.toReversed() : found.rows
  const [first, last] = [rows[0], rows.at(-1)]
  const hasNewer = position?.reverse ? more : position !== undefined
  const hasOlder = position?.reverse ? true : more
  return {
    rows,
    next: hasOlder && last ? { at: last.createdAt, id: last.id, reverse: false } : undefined,
    previous: hasNewer && first ? { at: first.createdAt, id: first.id, reverse: true } : undefined,
  }
}
