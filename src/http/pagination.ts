import { notFound } from '../errors.ts'
import type { Position } from '../page.ts'

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
