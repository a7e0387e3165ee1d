import type { Write } from '../db/messages.ts'

export const healthStatements = {
  'health.probe': 'UPDATE probe SET at = ?',
} as const

/** A change that means nothing, to learn whether the database takes any. */
export function probe(at: number): Write {
  return [{ name: 'health.probe', parameters: [at], expect: 1 }]
}
