import { notFound } from '../errors.ts'

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

/** @throws AppError `not_found` for a cursor that we did not make. */
export function parseCursor(cursor: string | undefined): Position | undefined {
  if (!cursor) return
  const parts = new URLSearchParams(Buffer.from(cursor, 'base64').toString())
  const [time, id] = [parts.get('p') ?? '', parts.get('i') ?? '']
  const at = Date.parse(time)
  if (Number.isNaN(at) || id === '') throw notFound('Invalid cursor')
  return { at, id, reverse: parts.get('r') === '1' }
}

export function formatCursor({ at, id, reverse }: Position): string {
  const parts = new URLSearchParams({ ...(reverse ? { r: '1' } : {}), p: new Date(at).toISOString(), i: id })
  return Buffer.from(parts.toString()).toString('base64')
}

/**
 * Makes a page of what a store found beyond a position.
 * @param found up to `size` + 1 rows, in the direction of the position
 */
export function toPage<Row extends { createdAt: number; id: string }>(
  found: Row[],
  size: number,
  position: Position | undefined,
): Page<Row> {
  const more = found.length > size
  const rows = found.slice(0, size)
  if (position?.reverse) rows.reverse()
  const [first, last] = [rows[0], rows.at(-1)]
  const hasNewer = position?.reverse ? more : position !== undefined
  const hasOlder = position?.reverse ? true : more
  return {
    rows,
    next: hasOlder && last ? { at: last.createdAt, id: last.id, reverse: false } : undefined,
    previous: hasNewer && first ? { at: first.createdAt, id: first.id, reverse: true } : undefined,
  }
}
