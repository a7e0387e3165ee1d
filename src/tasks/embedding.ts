/** What embeddings of pictures and texts have in common. */
import { Type } from '../models/define-model.ts'
import { shown, type TensorPlace } from './graph.ts'
import { normalized, placesOf, pool, rowsOf } from './pooling.ts'
import type { EmbeddingYaml } from './task-yaml.ts'
import type { Numbers } from './tensor-of.ts'

/** @throws Error when an output that is declared cannot become one list of numbers so */
export function assertEmbeds({ name, dims }: TensorPlace, { pooling }: EmbeddingYaml): void {
  if (dims.length > 4)
    throw new Error(`The output ${name} is ${shown(dims)}, which has too many dimensions to be pooled`)
  if (dims.length === 4 && pooling === 'cls')
    throw new Error(`pooling: cls takes the first token, but the output ${name} is ${shown(dims)}; use mean or max`)
  if ((dims.length === 1 || dims.length === 2) && pooling !== undefined)
    throw new Error(`pooling: the output ${name} is ${shown(dims)}, one list of numbers already; leave pooling out`)
}

/** @param counts which of the tokens are none of the padding */
export function embeddingOf(
  numbers: Numbers,
  { pooling = 'mean', normalize = false }: EmbeddingYaml,
  counts?: (row: number) => boolean,
): number[] {
  const rank = numbers.dims.length
  if (rank === 2 && numbers.dims[0] !== 1)
    throw new Error(`The graph gave [${numbers.dims.join(', ')}], and a single row was to come of one input`)
  const list =
    rank < 3 ? Array.from(numbers.values) : pool(rank === 4 ? placesOf(numbers) : rowsOf(numbers), pooling, counts)
  return normalize ? normalized(list) : list
}

/** The schema of a list of numbers, with how many there are where the graph says so. */
export function embeddingOutput({ dims }: TensorPlace) {
  const length = dims.length === 4 ? dims[1] : dims.length > 1 ? dims.at(-1) : undefined
  const size = typeof length === 'number' ? { minItems: length, maxItems: length } : {}
  return Type.Array(Type.Number(), { ...size, description: 'Numbers that lie near for what is alike' })
}
