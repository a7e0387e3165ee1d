import type { Page, Position } from '../page.ts'
import { fullName, type Model, type SortKey } from './model.ts'

export interface ModelOrder {
  by: SortKey
  direction: 'asc' | 'desc'
}

/** A page of models in an order, beyond a position or, where that looks back, before it. */
export function pageOfModels(
  models: readonly Model[],
  order: ModelOrder,
  position: Position | undefined,
  size: number,
): Page<Model> {
  const sign = order.direction === 'asc' ? 1 : -1
  const rows = models
    .map((model) => ({ model, at: timeOf(model, order.by), id: fullName(model) }))
    .sort((a, b) => sign * compare(a, b))
  const beyond = position && rows.findIndex((row) => sign * compare(row, position) > 0)
  const before = position && rows.findLastIndex((row) => sign * compare(row, position) < 0) + 1
  const end = rows.length
  const [from, to] = position?.reverse
    ? [Math.max(0, (before ?? 0) - size), before ?? 0]
    : [beyond === -1 ? end : (beyond ?? 0), (beyond === -1 ? end : (beyond ?? 0)) + size]
  const page = rows.slice(from, to)
  const [first, last] = [page[0], page.at(-1)]
  return {
    rows: page.map(({ model }) => model),
    next: last && to < end ? { at: last.at, id: last.id, reverse: false } : undefined,
    previous: first && from > 0 ? { at: first.at, id: first.id, reverse: true } : undefined,
  }
}

function compare(a: Pick<Position, 'at' | 'id'>, b: Pick<Position, 'at' | 'id'>): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** A model without a version comes behind all that have one. */
function timeOf({ createdAt, current }: Model, by: SortKey): number {
  return by === 'model_created_at' ? createdAt : (current?.createdAt ?? 0)
}
