/** What a graph says of one row of a table: a label, probabilities, numbers. Pure. */
import type { Tensor } from 'onnxruntime-common'
import { Type } from '../models/define-model.ts'
import { type Graph, listed, pickOutput, sizeAt, type TensorPlace } from './graph.ts'
import { type Activation, activate, bothOf, isDistribution } from './scores.ts'
import type { TaskYaml } from './task-yaml.ts'
import { numbersOf } from './tensor-of.ts'

type Label = string | number | boolean

export interface Outcome {
  /** What is to be computed. */
  fetches: readonly string[]
  schema: ReturnType<typeof Type.Unsafe<unknown>>
  /** Whether it has to be seen from a run whether the numbers are probabilities. */
  needsProbe: boolean
  /** Of one row after the other, of so many. */
  read(results: Record<string, Tensor>, rows: number, activation: Activation): unknown[]
}

/** @throws Error when nothing tells which output is which, or labels and graph do not go together */
export function planOutcome(graph: Graph, yaml: TaskYaml<'tabular'>, labels: string[] | undefined): Outcome {
  const twice = labels?.find((label, index) => labels.indexOf(label) !== index)
  if (twice !== undefined) throw new Error(`labels: ${twice} stands there twice, and each needs a name of its own`)
  const picked = yaml.output === undefined ? undefined : pickOutput(graph, yaml)
  const isScores = (place: TensorPlace) => !isLabel(place) && place.type.startsWith('float')
  const counting = picked ? [picked] : graph.outputs
  const label = onlyOne(counting.filter(isLabel), 'label')
  const scores = onlyOne(counting.filter(isScores), 'output')
  if (label) return labelled(label, scores, labels, yaml.activation)
  if (!scores) {
    pickOutput(graph, yaml)
    throw new Error(`The outputs ${listed(graph.outputs)} are neither a label nor numbers; write a predict.ts`)
  }
  if (labels) return ranked(scores, labels, yaml.activation ?? 'auto')
  if (yaml.activation !== undefined) throw new Error('activation is for classes: list their names under labels, too')
  return measured(scores)
}

function isLabel({ type, dims }: TensorPlace): boolean {
  return /^u?int|^string$|^bool$/.test(type) && (dims.length < 2 || (dims.length === 2 && dims[1] === 1))
}

function onlyOne(places: readonly TensorPlace[], what: string): TensorPlace | undefined {
  if (places.length > 1) throw new Error(`Each of ${listed(places)} could be the ${what}: name one as output`)
  return places[0]
}

/** The graph tells the label, and may tell probabilities. */
function labelled(
  label: TensorPlace,
  scores: TensorPlace | undefined,
  labels: string[] | undefined,
  activation: Activation | 'auto' = 'auto',
): Outcome {
  if (scores && label.type === 'string' && !labels)
    throw new Error(`List the names of the classes under labels, in the order of ${scores.name}`)
  if (scores && labels) assertCount(scores, labels)
  const properties = { label: schemaOf(label.type, labels) }
  const all = scores ? { ...properties, probabilities: Probabilities } : properties
  return {
    fetches: [label.name, ...(scores ? [scores.name] : [])],
    schema: Type.Object(all),
    needsProbe: false,
    read(results, rows) {
      const names = labelsIn(results, label, rows).map((value) => labelFrom(value, label.type, labels))
      if (!scores) return names.map((name) => ({ label: name }))
      return rowsOf(results, scores, rows).map((values, row) => {
        // What comes with a label are probabilities, unless the package says otherwise.
        const probabilities = activate(values, activation === 'auto' ? 'none' : activation)
        return { label: names[row], probabilities: named(bothOf(probabilities, labels?.length ?? 0), labels) }
      })
    },
  }
}

/** The label is that of the highest number. */
function ranked(scores: TensorPlace, labels: string[], activation: Activation | 'auto'): Outcome {
  assertCount(scores, labels)
  if (sizeAt(scores.dims, -1) === 1 && activation !== 'sigmoid' && activation !== 'none')
    throw new Error(
      `The output ${scores.name} gives a single number for ${labels.length} labels: say activation: sigmoid if it is a ` +
        'raw score, or activation: none if it lies between 0 and 1 already',
    )
  return {
    fetches: [scores.name],
    schema: Type.Object({ label: schemaOf('string', labels), probabilities: Probabilities }),
    needsProbe: activation === 'auto',
    read: (results, rows, settled) =>
      rowsOf(results, scores, rows).map((values) => {
        const probabilities = bothOf(activate(values, activation === 'auto' ? settled : activation), labels.length)
        const best = probabilities.indexOf(Math.max(...probabilities))
        return { label: labels[best], probabilities: named(probabilities, labels) }
      }),
  }
}

/** Numbers that stand for themselves, as a regression gives them. */
function measured(scores: TensorPlace): Outcome {
  const width = scores.dims.length < 2 ? 1 : sizeAt(scores.dims, -1)
  const list = Type.Array(Type.Number(), width === undefined ? {} : { minItems: width, maxItems: width })
  return {
    fetches: [scores.name],
    schema: width === 1 ? Type.Number() : list,
    needsProbe: false,
    read: (results, rows) => rowsOf(results, scores, rows).map((values) => (width === 1 ? values[0] : values)),
  }
}

/** What `auto` means for a graph, seen from what it gives for a row. */
export function settleActivation(outcome: Outcome, results: Record<string, Tensor>): Activation {
  const [name = ''] = outcome.fetches
  const tensor = results[name]
  return tensor && isDistribution(numbersOf(name, tensor).values) ? 'none' : 'softmax'
}

const Probabilities = Type.Record(Type.String(), Type.Number(), { description: 'How likely each label is' })

function schemaOf(type: Tensor.Type, labels: string[] | undefined) {
  if (labels || type === 'string') return Type.String()
  return type === 'bool' ? Type.Boolean() : Type.Integer()
}

function assertCount({ name, dims }: TensorPlace, labels: readonly string[]): void {
  const width = dims.length < 2 ? undefined : sizeAt(dims, -1)
  if (width === undefined || width === labels.length || (width === 1 && labels.length === 2)) return
  throw new Error(
    `There are ${labels.length} labels, but the output ${name} gives ${width} numbers; list one label for each, in the ` +
      'order of the graph',
  )
}

function labelFrom(value: unknown, type: Tensor.Type, labels: string[] | undefined): Label {
  if (typeof value === 'string') return value
  const number = Number(value)
  if (!labels) return type === 'bool' ? number !== 0 : number
  const label = labels[number]
  if (label === undefined)
    throw new Error(`The graph gave the label ${number}, but only ${labels.length} labels are listed`)
  return label
}

function named(values: readonly number[], labels: readonly string[] | undefined): Record<string, number> {
  if (labels && values.length !== labels.length)
    throw new Error(`There are ${labels.length} labels, but the graph gave ${values.length} numbers`)
  return Object.fromEntries(values.map((value, index) => [labels?.[index] ?? String(index), value]))
}

function rowsOf(results: Record<string, Tensor>, place: TensorPlace, rows: number): number[][] {
  const { values } = numbersOf(place.name, tensorIn(results, place))
  const width = values.length / rows
  if (!Number.isInteger(width) || width === 0)
    throw new Error(`The graph gave ${values.length} numbers as ${place.name} for ${rows} rows`)
  return Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)))
}

function labelsIn(results: Record<string, Tensor>, place: TensorPlace, rows: number): unknown[] {
  const { data } = tensorIn(results, place)
  const values: unknown[] = Array.isArray(data) ? data : Array.from<unknown>(data)
  if (values.length !== rows)
    throw new Error(`The graph gave ${values.length} labels as ${place.name} for ${rows} rows`)
  return values
}

function tensorIn(results: Record<string, Tensor>, { name }: TensorPlace): Tensor {
  const tensor = results[name]
  if (!tensor) throw new Error(`The graph gave no ${name}`)
  return tensor
}
