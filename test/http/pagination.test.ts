import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { formatCursor, parseCursor } from '../../src/http/pagination.ts'
import { type Position, toPage } from '../../src/page.ts'

describe('cursors', () => {
  test('a position that was written is read back', () => {
    const position = fc.record({
      at: fc.integer({ min: -8.64e15, max: 8.64e15 }),
      id: fc.string({ unit: 'grapheme', minLength: 1 }),
      reverse: fc.boolean(),
    })
    fc.assert(
      fc.property(position, (written) => {
        expect(parseCursor(formatCursor(written))).toEqual(written)
      }),
    )
  })

  test('no cursor is no position', () => {
    expect(parseCursor(undefined)).toBeUndefined()
    expect(parseCursor('')).toBeUndefined()
  })

  test('a cursor has the shape that Replicate gives it', () => {
    const cursor = formatCursor({ at: Date.UTC(2023, 10, 15, 5, 3, 47, 203), id: 'abc', reverse: true })
    expect(Buffer.from(cursor, 'base64').toString()).toBe('r=1&p=2023-11-15T05%3A03%3A47.203Z&i=abc')
  })

  test('every text is a position that can be written again, or not one of ours', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map(base64),
      fc.string().map((id) => base64(`p=2024-01-01&i=${id}`)),
    )
    fc.assert(
      fc.property(text, (cursor) => {
        try {
          const position = parseCursor(cursor)
          if (position) expect(parseCursor(formatCursor(position))).toEqual(position)
        } catch (error) {
          expect(error).toEqual(new AppError('not_found', 'Invalid cursor'))
        }
      }),
    )
  })

  test.each(['x', '!!!', base64('p=yesterday&i=abc'), base64('p=2023-11-15'), base64('i=abc'), base64('p=&i=')])(
    '"%s" is not one of ours',
    (cursor) => {
      expect(() => parseCursor(cursor)).toThrow(new AppError('not_found', 'Invalid cursor'))
    },
  )
})

describe('pages', () => {
  const row = (createdAt: number) => ({ createdAt, id: `id${createdAt}` })
  const older = (createdAt: number): Position => ({ at: createdAt, id: `id${createdAt}`, reverse: false })
  const newer = (createdAt: number): Position => ({ at: createdAt, id: `id${createdAt}`, reverse: true })

  test('a list that fits has neither a next page nor a previous one', () => {
    expect(toPage({ rows: [row(2), row(1)], more: false }, undefined)).toEqual({
      rows: [row(2), row(1)],
      next: undefined,
      previous: undefined,
    })
  })

  test('an empty list is one empty page', () => {
    expect(toPage({ rows: [], more: false }, undefined)).toEqual({ rows: [], next: undefined, previous: undefined })
  })

  test('one row too many says that there is a next page, and is left to it', () => {
    expect(toPage({ rows: [row(3), row(2)], more: true }, undefined)).toEqual({
      rows: [row(3), row(2)],
      next: older(2),
      previous: undefined,
    })
  })

  test('a page in the middle points both ways', () => {
    expect(toPage({ rows: [row(3), row(2)], more: true }, older(4))).toEqual({
      rows: [row(3), row(2)],
      next: older(2),
      previous: newer(3),
    })
  })

  test('the last page points back only', () => {
    expect(toPage({ rows: [row(2), row(1)], more: false }, older(3))).toMatchObject({
      next: undefined,
      previous: newer(2),
    })
  })

  test('a page before a position is turned round, and points on to where it came from', () => {
    expect(toPage({ rows: [row(3), row(4)], more: true }, newer(2))).toEqual({
      rows: [row(4), row(3)],
      next: older(3),
      previous: newer(4),
    })
  })

  test('the first page, reached backwards, points on only', () => {
    expect(toPage({ rows: [row(3), row(4)], more: false }, newer(2))).toEqual({
      rows: [row(4), row(3)],
      next: older(3),
      previous: undefined,
    })
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
