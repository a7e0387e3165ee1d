/** Graphs that others have published, each served by a package of its own, and all by the same code. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { expectNumbers, PUBLISHED } from './real-models.ts'

const PACKAGE = fileURLToPath(new URL('../fixtures/graph-package', import.meta.url))

/** A tensor as clients of the package send and get it. */
export interface WireTensor {
  dtype: string
  shape: number[]
  data: (number | string)[]
}

/** A tensor as it was published: its numbers inline, or in a file. */
type StoredTensor = Omit<WireTensor, 'data'> & {
  data?: WireTensor['data']
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

export function graphCases(set: string): GraphCase[] {
  const published = readFileSync(join(PUBLISHED, set, 'expected.json'), 'utf8')
  const { cases }: { cases: Omit<GraphCase, 'set'>[] } = JSON.parse(published)
  return cases.map((one) => ({ ...one, set }))
}

/** Name of the package that serves the graph of a case. */
export function packageOf({ name }: GraphCase): string {
  return `graph/${name}`
}

/** Adds to a folder of packages one for each case. */
export function installGraphs(dir: string, cases: readonly GraphCase[]): void {
  for (const one of cases) {
    const home = join(dir, packageOf(one))
    cpSync(PACKAGE, home, { recursive: true })
    const folder = dirname(one.model)
    // A graph whose weights lie beside it has a folder of its own.
    const paths =
      folder === '.' ? [one.model] : readdirSync(join(PUBLISHED, one.set, folder)).map((f) => join(folder, f))
    mkdirSync(join(home, folder), { recursive: true })
    for (const path of paths) symlinkSync(join(PUBLISHED, one.set, path), join(home, path))
  }
}

export function feedsOf({ set, feeds = {} }: GraphCase): Record<string, WireTensor> {
  const tensors = Object.entries(feeds).map(([name, stored]) => {
    const { dtype, shape } = stored
    return [name, { dtype, shape, data: valuesOf(set, stored) }]
  })
  return Object.fromEntries(tensors)
}

/** Compares what a prediction gave with what was published. */
export function expectTensors({ set, expect: wanted = {} }: GraphCase, output: Record<string, WireTensor>): void {
  expect(Object.keys(output).sort()).toEqual(Object.keys(wanted).sort())
  for (const [name, stored] of Object.entries(wanted)) {
    const { dtype, shape, atol = 0, rtol = 0 } = stored
    expect(output[name], name).toMatchObject({ dtype, shape })
    const data = output[name]?.data ?? []
    const values = valuesOf(set, stored)
    if (dtype === 'float32') expectNumbers(data.map(Number), { data: values.map(Number).map(Math.fround), atol, rtol })
    else if (dtype.startsWith('float')) expectNumbers(data.map(Number), { data: values.map(Number), atol, rtol })
    else if (dtype.endsWith('int64')) expect(data, name).toEqual(values.map(String))
    else expect(data, name).toEqual(values)
  }
}

/** Of the types that were stored in files. */
const ARRAYS = { float32: Float32Array, int64: BigInt64Array, bool: Uint8Array }

function valuesOf(set: string, { dtype, data, file }: StoredTensor): WireTensor['data'] {
  if (data) return data
  const array = Object.entries(ARRAYS).find(([name]) => name === dtype)?.[1]
  if (!array || file === undefined) throw new Error(`A tensor of ${dtype} was stored in an unknown way`)
  const { buffer } = Uint8Array.from(readFileSync(join(PUBLISHED, set, file)))
  return Array.from<number | bigint, number | string>(new array(buffer), (value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}
