/** From the numbers of an encoder to one list. Pure. */
import type { Numbers } from './tensor-of.ts'

export type Pooling = 'mean' | 'cls' | 'max'

/** Numbers row after row. */
export interface Rows {
  values: ArrayLike<number>
  count: number
  width: number
}

/** [1, rows, width] or [rows, width] as rows. */
export function rowsOf({ values, dims }: Numbers): Rows {
  const width = dims.at(-1) ?? 1
  return { values, count: width === 0 ? 0 : values.length / width, width }
}

/** [1, channels, height, width] as one row for each place, each as wide as there are channels. */
export function placesOf({ values, dims }: Numbers): Rows {
  const width = dims.at(1) ?? 1
  const count = width === 0 ? 0 : values.length / width
  const rows = new Float64Array(values.length)
  for (let place = 0; place < count; place++)
    for (let channel = 0; channel < width; channel++)
      rows[place * width + channel] = values[channel * count + place] ?? 0
  return { values: rows, count, width }
}

/**
 * One row of many.
 * @param counts whether a row counts; all do where it is left out
 * @throws Error when no row counts
 */
export function pool(
  { values, count, width }: Rows,
  pooling: Pooling,
  counts: (row: number) => boolean = () => true,
): number[] {
  const rows = Array.from({ length: count }, (_, row) => row).filter(counts)
  const [first] = rows
  if (first === undefined) throw new Error('The graph gave nothing that could be pooled')
  const at = (row: number, column: number) => values[row * width + column] ?? 0
  const columns = Array.from({ length: width }, (_, column) => column)
  switch (pooling) {
    case 'cls':
      return columns.map((column) => at(first, column))
    case 'mean':
      return columns.map((column) => rows.reduce((sum, row) => sum + at(row, column), 0) / rows.length)
    case 'max':
      return columns.map((column) => rows.reduce((most, row) => Math.max(most, at(row, column)), at(first, column)))
    default:
      return pooling satisfies never
  }
}

/** The same direction with a length of 1; nothing but zeros stays as it is. */
export function normalized(values: readonly number[]): number[] {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0))
  return length === 0 ? [...values] : values.map((value) => value / length)
}
