/** Graphs that others have published, each served as it is, by a package without code. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { expect } from 'vitest'
import { expectNumbers, PUBLISHED, realModelsAreHere } from './real-models.ts'

type Value = number | string | boolean

/** A tensor as it was published: its numbers inline, or in a file. */
interface StoredTensor {
  dtype: string
  shape: number[]
  data?: Value[]
  file?: string
  atol?: number
  rtol?: number
}

export interface GraphCase {
  /** The set of graphs it belongs to. */
  set: string
  name: string
  /** Path of the graph in the folder of its set. */
  model: string
  feeds?: Record<string, StoredTensor>
  expect?: Record<string, StoredTensor>
  fails_at?: 'load' | 'run' | 'feed'
  message_contains?: string
  kills_process?: boolean
  platform_dependent?: boolean
}

/** Of all sets, where they are there. */
export function graphCases(): GraphCase[] {
  return (realModelsAreHere ? readdirSync(PUBLISHED, { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: set }) => casesOf(set))
}

function casesOf(set: string): GraphCase[] {
  const published = readFileSync(join(PUBLISHED, set, 'expected.json'), 'utf8')
  const { cases }: { cases: Omit<GraphCase, 'set'>[] } = JSON.parse(published)
  return cases.map((one) => ({ ...one, set }))
}

/** Name of the package that serves the graph of a case. */
export function packageOf({ set, model }: GraphCase): string {
  return `graph/${set}-${model.replaceAll('/', '-')}`
}

/** Adds to a folder of packages one for each graph of the cases. */
export function installGraphs(dir: string, cases: readonly GraphCase[]): void {
  for (const [name, one] of new Map(cases.map((one) => [packageOf(one), one]))) installGraph(join(dir, name), one)
}

export function installGraph(home: string, { set, model }: GraphCase): void {
  const source = join(PUBLISHED, set)
  mkdirSync(home, { recursive: true })
  symlinkSync(join(source, model), join(home, `model${extname(model)}`))
  // A graph whose weights lie beside it has a folder of its own.
  const folder = dirname(model)
  const beside = folder === '.' ? [] : readdirSync(join(source, folder))
  for (const file of beside.filter((name) => extname(name) === '.bin'))
    symlinkSync(join(source, folder, file), join(home, file))
}

/** What a client sends for a case. */
export function inputOf({ set, feeds = {} }: GraphCase): Record<string, unknown> {
  const tensors = Object.entries(feeds).map(([name, stored]) => [name, nest(stored.shape, valuesOf(set, stored))])
  return Object.fromEntries(tensors)
}

function nest(shape: readonly number[], values: readonly Value[]): unknown {
  const [length, ...inner] = shape
  if (length === undefined) return values[0]
  const size = values.length / length
  return Array.from({ length }, (_, i) => nest(inner, values.slice(i * size, (i + 1) * size)))
}

/** Compares what a prediction gave with what was published. */
export function expectOutput({ set, expect: wanted = {} }: GraphCase, output: unknown): void {
  const tensors = new Map(Object.entries(Object(output)))
  expect([...tensors.keys()].sort()).toEqual(Object.keys(wanted).sort())
  for (const [name, stored] of Object.entries(wanted)) {
    const { dtype, atol = 0, rtol = 0 } = stored
    const { shape, data } = unnest(tensors.get(name))
    expect(shape, name).toEqual(stored.shape)
    const values = valuesOf(set, stored)
    if (dtype === 'float32') expectNumbers(data.map(Number), { data: values.map(Number).map(Math.fround), atol, rtol })
    else if (dtype.startsWith('float')) expectNumbers(data.map(Number), { data: values.map(Number), atol, rtol })
    else expect(data, name).toEqual(dtype === 'bool' ? values.map(Boolean) : values)
  }
}

/** Shape and elements of what stands for a tensor in an output. */
function unnest(value: unknown): { shape: number[]; data: unknown[] } {
  if (!Array.isArray(value)) {
    const { shape = [], data = [value] }: { shape?: number[]; data?: unknown[] } = Object(value)
    return { shape, data }
  }
  const inner = value.map(unnest)
  return { shape: [value.length, ...(inner[0]?.shape ?? [])], data: inner.flatMap(({ data }) => data) }
}

/** Of the types that were stored in files. */
const ARRAYS = { float32: Float32Array, int64: BigInt64Array, bool: Uint8Array }

function valuesOf(set: string, { dtype, data, file }: StoredTensor): Value[] {
  if (data) return data
  const array = Object.entries(ARRAYS).find(([name]) => name === dtype)?.[1]
  if (!array || file === undefined) throw new Error(`A tensor of ${dtype} was stored in an unknown way`)
  const { buffer } = Uint8Array.from(readFileSync(join(PUBLISHED, set, file)))
  return Array.from<number | bigint, number>(new array(buffer), Number)
}
