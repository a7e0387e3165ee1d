/** What a graph wants of one row of a table. Pure. */
import { Tensor } from 'onnxruntime-common'
import { Type } from '../models/define-model.ts'
import { assertFed, constantsOf, type Graph, shown, sizeAt, type TensorPlace } from './graph.ts'
import type { TaskYaml } from './task-yaml.ts'
import { NUMERIC, tensorOf } from './tensor-of.ts'

/** Where neither graph nor settings say how many numbers there are. */
const MOST_COLUMNS = 10_000

type Cell = number | string | boolean
export type Row = readonly Cell[]

export interface Columns {
  /** The schema of the input of one row. */
  schema: ReturnType<typeof Type.Object>
  /** Rows that the graph always takes; undefined where it takes any number. */
  rows: number | undefined
  rowOf(input: Record<string, unknown>): Row
  /** As many as the graph takes, or any number. */
  feedsOf(rows: readonly Row[]): Record<string, Tensor>
  /** A row of nothing. */
  blank: Row
}

/** @throws Error when names and graph do not go together */
export function planColumns(graph: Graph, yaml: TaskYaml<'tabular'>): Columns {
  const constants = constantsOf(graph, yaml)
  const inputs = graph.inputs.filter(({ name }) => !Object.hasOwn(constants, name))
  const used = yaml.input === undefined ? inputs : inputs.filter(({ name }) => name === yaml.input)
  if (yaml.input !== undefined) assertFed(graph, [yaml.input, ...Object.keys(constants)])
  const [only] = used
  if (!only) throw new Error('The graph takes no input that values could be given to')
  for (const { name, type } of used) assertTakesValues(name, type)
  return used.length === 1 && sizeAt(only.dims, -1) !== 1
    ? oneMatrix(only, constants, yaml.features)
    : oneInputEach(used, constants, yaml.features)
}

/** One input with all columns. */
function oneMatrix(
  { name, type, dims }: TensorPlace,
  constants: Record<string, Tensor>,
  features: string[] | undefined,
): Columns {
  if (dims.length !== 1 && dims.length !== 2)
    throw new Error(`The input ${name} is ${shown(dims)}, and rows of a table need [n, columns]`)
  const width = sizeAt(dims, -1)
  if (features && width !== undefined && features.length !== width)
    throw new Error(`There are ${features.length} features, but the input ${name} takes ${width}; name each, in order`)
  const cell = schemaOf(type)
  const bounds = width === undefined ? { minItems: 1, maxItems: MOST_COLUMNS } : { minItems: width, maxItems: width }
  const rows = dims.length === 1 ? 1 : sizeAt(dims, 0)
  return {
    schema: features
      ? Type.Object(Object.fromEntries(features.map((feature) => [feature, cell])))
      : Type.Object({ features: Type.Array(cell, { ...bounds, description: 'The values of one row, in order' }) }),
    rows: width === undefined && !features ? (rows ?? 1) : rows,
    rowOf: (input) => (features ? features.map((feature) => cellOf(input[feature])) : cellsOf(input.features)),
    feedsOf(table) {
      const columns = table[0]?.length ?? 0
      const shape = dims.length === 1 ? [columns] : [table.length, columns]
      return { ...constants, [name]: cellsTensor(type, table.flat(), shape) }
    },
    blank: new Array<Cell>(width ?? features?.length ?? 1).fill(blankOf(type)),
  }
}

/** An input of its own for each column, as scikit-learn's pipelines have them. */
function oneInputEach(
  inputs: readonly TensorPlace[],
  constants: Record<string, Tensor>,
  features: string[] | undefined,
): Columns {
  const [only] = inputs
  if (features && inputs.length > 1)
    throw new Error('features names the columns of a single input, and this graph has an input for each: leave it out')
  if (features && features.length > 1)
    throw new Error(`There are ${features.length} features, but the input ${only?.name} takes 1`)
  const columns = inputs.map((place, index) => ({ ...place, key: features?.[index] ?? place.name }))
  for (const { name, dims } of inputs)
    if (dims.length > 2 || (dims.length === 2 && dims[1] !== 1))
      throw new Error(
        `The input ${name} is ${shown(dims)}, and where a graph has several inputs each is one column, [n, 1]; ` +
          'give what always is the same under constants, or write a predict.ts',
      )
  const sizes = columns.map(({ dims }) => (dims.length === 0 ? 1 : sizeAt(dims, 0)))
  const fixed = sizes.filter((size) => size !== undefined)
  if (new Set(fixed).size > 1) throw new Error(`The inputs take different numbers of rows: ${fixed.join(', ')}`)
  return {
    schema: Type.Object(Object.fromEntries(columns.map(({ key, type }) => [key, schemaOf(type)]))),
    rows: fixed[0],
    rowOf: (input) => columns.map(({ key }) => cellOf(input[key])),
    feedsOf(table) {
      const tensors = columns.map(({ name, type, dims }, column) => {
        const cells = table.map((row) => row[column] ?? blankOf(type))
        return [name, cellsTensor(type, cells, dims.length === 0 ? [] : [table.length, ...dims.slice(1).map(() => 1)])]
      })
      return { ...constants, ...Object.fromEntries(tensors) }
    },
    blank: columns.map(({ type }) => blankOf(type)),
  }
}

function assertTakesValues(name: string, type: Tensor.Type): void {
  if (!NUMERIC.includes(type) && type !== 'string' && type !== 'bool')
    throw new Error(`The input ${name} is ${type}, which no value of a table can be`)
}

function schemaOf(type: Tensor.Type) {
  if (type === 'string') return Type.String({ maxLength: 10_000 })
  if (type === 'bool') return Type.Boolean()
  return type.startsWith('float') ? Type.Number() : Type.Integer(boundsOf(type))
}

/** What an integer of a type can be; of 64 bits, what a JSON number holds exactly. */
function boundsOf(type: Tensor.Type): { minimum: number; maximum: number } {
  const bits = Math.min(54, Number(/\d+$/.exec(type)?.[0] ?? 32))
  return type.startsWith('u')
    ? { minimum: 0, maximum: 2 ** Math.min(53, bits) - 1 }
    : { minimum: bits === 54 ? -(2 ** 53 - 1) : -(2 ** (bits - 1)), maximum: 2 ** (bits - 1) - 1 }
}

function blankOf(type: Tensor.Type): Cell {
  return type === 'string' ? '' : type === 'bool' ? false : 0
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value
  throw new Error(`${JSON.stringify(value)} is no value of a table`)
}

function cellsOf(values: unknown): Row {
  return Array.isArray(values) ? values.map(cellOf) : []
}

function cellsTensor(type: Tensor.Type, cells: Row, shape: readonly number[]): Tensor {
  return type === 'string' ? new Tensor(type, cells.map(String), shape) : tensorOf(type, cells.map(Number), shape)
}
