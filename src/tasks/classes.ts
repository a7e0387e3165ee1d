/** What classifiers of pictures, texts and sounds have in common: labels, and how scores become of numbers. */
import { choices, Type } from '../models/define-model.ts'
import { shown, type TensorPlace } from './graph.ts'
import { readLabels } from './labels.ts'
import { type Activation, activate, bothOf, isDistribution, type Score, topScores } from './scores.ts'
import type { RankedYaml } from './task-yaml.ts'
import type { Numbers } from './tensor-of.ts'

const USUAL_TOP = 5

export interface Classes {
  labels: readonly string[]
  activation: Activation | 'auto'
  /** How many labels are told unless a client asks for another number. */
  topK: number
}

/** @throws Error when labels and graph do not go together */
export async function readClasses(dir: string, yaml: RankedYaml, output: TensorPlace): Promise<Classes> {
  const given = await readLabels(dir, yaml)
  const count = countOf(output)
  if (!given && count === undefined)
    throw new Error(
      `The output ${output.name} is ${shown(output.dims)}, which does not say how many classes there are: list their ` +
        'names under labels, or put them into labels.txt',
    )
  if (given && count !== undefined) assertCount(output.name, given, count)
  const labels = given ?? Array.from({ length: count ?? 0 }, (_, index) => String(index))
  const { activation = 'auto', top_k: topK = Math.min(USUAL_TOP, labels.length) } = yaml
  if (topK > labels.length) throw new Error(`top_k is ${topK}, but there are ${labels.length} labels`)
  if (count === 1) assertSays(activation, output.name)
  return { labels, activation, topK }
}

/** How many numbers a graph gives for one input, where it says so. */
function countOf({ dims }: TensorPlace): number | undefined {
  const sizes = dims.length > 1 ? dims.slice(1) : dims
  if (sizes.length === 0 || sizes.some((size) => typeof size === 'string')) return
  return sizes.map(Number).reduce((product, size) => product * size, 1)
}

function assertCount(name: string, labels: readonly string[], count: number): void {
  // The second of two labels can do with a single score.
  if (labels.length === count || (labels.length === 2 && count === 1)) return
  throw new Error(
    `There are ${labels.length} labels, but the output ${name} gives ${count} numbers; list one label for each, in ` +
      'the order of the graph',
  )
}

/** Of one number nothing tells whether it is a probability already. */
function assertSays(activation: Activation | 'auto', name: string): void {
  if (activation === 'auto' || activation === 'softmax')
    throw new Error(
      `The output ${name} gives a single number: say activation: sigmoid if it is a raw score, or activation: none if ` +
        'it lies between 0 and 1 already',
    )
}

/** What `auto` means for a graph, seen from what it gives for some input. */
export function settleActivation({ labels, activation }: Classes, name: string, probe: Numbers): Activation {
  assertCount(name, labels, probe.values.length)
  if (probe.values.length === 1) assertSays(activation, name)
  if (activation !== 'auto') return activation
  return isDistribution(probe.values) ? 'none' : 'softmax'
}

/** The labels with the highest scores. */
export function rank(
  { labels }: Classes,
  name: string,
  values: ArrayLike<number>,
  activation: Activation,
  top: number,
): Score[] {
  assertCount(name, labels, values.length)
  return topScores(bothOf(activate(values, activation), labels.length), labels, top)
}

export function topKInput({ labels, topK }: Classes) {
  return Type.Integer({
    minimum: 1,
    maximum: labels.length,
    default: topK,
    description: 'How many labels to give, those with the highest scores',
  })
}

const MOST_LISTED = 100

/** Labels with their scores; the schema lists the labels where they are not too many to read. */
export function scoresOutput({ labels }: Classes) {
  const label = labels.length <= MOST_LISTED ? choices([...new Set(labels)]) : Type.String()
  return Type.Array(Type.Object({ label, score: Type.Number() }), { description: 'The highest score first' })
}
