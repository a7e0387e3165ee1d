import type { Tensor } from 'onnxruntime-common'
import type { GraphYaml } from './task-yaml.ts'
import { tensorOf } from './tensor-of.ts'

/** A tensor that a graph takes or gives. */
export interface TensorPlace {
  name: string
  type: Tensor.Type
  /** Sizes, and a name, or an empty one, for each that is free. */
  dims: readonly (number | string)[]
}

/** What a graph says of itself. */
export interface Graph {
  /** Of the package. */
  file: string
  inputs: readonly TensorPlace[]
  outputs: readonly TensorPlace[]
  /** Inputs and outputs that are no tensors, such as the maps of scikit-learn. */
  others: readonly string[]
}

/** The places of a graph that a task uses. */
export interface Wiring {
  input: TensorPlace
  output: TensorPlace
  /** What the other inputs get in every run. */
  constants: Readonly<Record<string, Tensor>>
}

/**
 * Picks the input and the output that a task uses.
 * @param what goes in: `picture`
 * @throws Error when the graph has others that nothing tells apart
 */
export function wire(graph: Graph, yaml: GraphYaml, what: string): Wiring {
  const constants = constantsOf(graph, yaml)
  const left = graph.inputs.filter(({ name }) => !Object.hasOwn(constants, name))
  const input = yaml.input === undefined ? only(left) : placeNamed(graph.inputs, yaml.input, 'input')
  if (!input)
    throw new Error(
      `The graph takes ${left.length} inputs, ${listed(left)}: name the one for the ${what} as input, and give the ` +
        `others the numbers that they always get under constants`,
    )
  assertFed(graph, [input.name, ...Object.keys(constants)])
  return { input, output: pickOutput(graph, yaml), constants }
}

/** The numbers of the inputs that are the same in every run. */
export function constantsOf({ inputs }: Graph, { constants = {} }: GraphYaml): Record<string, Tensor> {
  const tensors = Object.entries(constants).map(([name, numbers]) => {
    const { type, dims } = placeNamed(inputs, name, 'constants')
    const shape = dims.map((size) => (typeof size === 'number' ? size : 1))
    const count = shape.reduce((product, size) => product * size, 1)
    if (type.includes('int') && ![numbers].flat().every(Number.isInteger))
      throw new Error(`constants: ${name} takes integers (${type})`)
    const values = typeof numbers === 'number' ? new Array<number>(count).fill(numbers) : numbers
    if (values.length !== count)
      throw new Error(`constants: ${name} has ${values.length} numbers, but the graph takes ${shown(shape)}`)
    return [name, tensorOf(type, values, shape)]
  })
  return Object.fromEntries(tensors)
}

/** @throws Error when the graph takes what nothing gives it */
export function assertFed({ inputs }: Graph, fed: readonly string[]): void {
  const missing = inputs.filter(({ name }) => !fed.includes(name))
  if (missing.length > 0)
    throw new Error(
      `Nothing is known for ${listed(missing)}, which the graph takes, too: give the numbers that it always gets ` +
        `under constants, or write a predict.ts`,
    )
}

export function pickOutput({ outputs, others }: Graph, { output }: GraphYaml): TensorPlace {
  if (output !== undefined) {
    if (others.includes(output)) throw new Error(`output: ${output} is no tensor, and onnxruntime cannot hand it out`)
    return placeNamed(outputs, output, 'output')
  }
  const found = only(outputs)
  if (!found)
    throw new Error(
      outputs.length === 0
        ? `The graph gives no tensor, only ${others.join(', ')}, which onnxruntime cannot hand out`
        : `The graph gives ${outputs.length} outputs, ${listed(outputs)}: name the one that counts as output`,
    )
  return found
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined
}

function placeNamed(places: readonly TensorPlace[], name: string, setting: string): TensorPlace {
  const found = places.find((place) => place.name === name)
  if (!found) throw new Error(`${setting}: the graph has no ${name}, but ${listed(places)}`)
  return found
}

export function listed(places: readonly TensorPlace[]): string {
  return places.map(({ name, type, dims }) => `${name} (${type} ${shown(dims)})`).join(', ')
}

/** A shape as people write it. */
export function shown(dims: readonly (number | string)[]): string {
  return `[${dims.map((size) => size || '?').join(', ')}]`
}

/** A size that is fixed. */
export function sizeAt(dims: readonly (number | string)[], index: number): number | undefined {
  const size = dims.at(index)
  return typeof size === 'number' ? size : undefined
}
