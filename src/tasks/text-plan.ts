/** What a graph wants of a text. Pure. */
import type { Tensor } from 'onnxruntime-common'
import { assertFed, constantsOf, type Graph, listed, shown, sizeAt, type TensorPlace } from './graph.ts'
import type { TextYaml } from './task-yaml.ts'
import { NUMERIC, tensorOf } from './tensor-of.ts'
import { padded, type Side, type Tokens, truncated } from './tokens.ts'

/** Where neither graph nor tokenizer nor settings say how much of a text counts. */
const USUAL_LENGTH = 512

/** What the inputs of text models are called, and what they hold for each token. */
const MASKS = ['attention_mask', 'input_mask']
const TYPES = ['token_type_ids', 'segment_ids']
const POSITIONS = ['position_ids']
const IDS = ['input_ids', 'ids', 'tokens']

export interface TextPlan {
  ids: TensorPlace
  mask: TensorPlace | undefined
  types: TensorPlace | undefined
  positions: TensorPlace | undefined
  constants: Readonly<Record<string, Tensor>>
  /** Tokens that the graph always gets; undefined where it gets as many as a text has. */
  length: number | undefined
  maxLength: number
  truncationSide: Side
  paddingSide: Side
  padId: number
}

interface Habits {
  maxLength: number | undefined
  truncationSide: Side
  paddingSide: Side
  padId: number
}

/** @throws Error that names the setting, or the input that nothing is known for */
export function planText(graph: Graph, yaml: TextYaml, habits: Habits): TextPlan {
  const constants = constantsOf(graph, yaml)
  const inputs = graph.inputs.filter(({ name }) => !Object.hasOwn(constants, name))
  const named = (names: readonly string[]) => inputs.find(({ name }) => names.includes(name))
  const [mask, types, positions] = [named(MASKS), named(TYPES), named(POSITIONS)]
  const ids = findIds(inputs, yaml, [mask, types, positions])
  const known = [ids, mask, types, positions].filter((place) => place !== undefined)
  assertFed(graph, [...known.map(({ name }) => name), ...Object.keys(constants)])
  for (const place of known) assertTakesTokens(place)
  const fixed = sizeAt(ids.dims, -1)
  const maxLength = yaml.max_length ?? fixed ?? habits.maxLength ?? USUAL_LENGTH
  if (fixed !== undefined && maxLength > fixed)
    throw new Error(`max_length is ${maxLength}, but the input ${ids.name} takes ${fixed} tokens; leave max_length out`)
  return {
    ids,
    mask,
    types,
    positions,
    constants,
    length: fixed ?? (yaml.padding === 'max_length' ? maxLength : undefined),
    maxLength,
    truncationSide: yaml.truncation_side ?? habits.truncationSide,
    paddingSide: yaml.padding_side ?? habits.paddingSide,
    padId: yaml.pad_token_id ?? habits.padId,
  }
}

function findIds(
  inputs: readonly TensorPlace[],
  { input }: TextYaml,
  others: readonly (TensorPlace | undefined)[],
): TensorPlace {
  const candidates = inputs.filter((place) => !others.includes(place))
  const [first] = candidates
  const found =
    input === undefined
      ? (candidates.find(({ name }) => IDS.includes(name)) ?? (candidates.length === 1 ? first : undefined))
      : inputs.find(({ name }) => name === input)
  if (found) return found
  if (input !== undefined) throw new Error(`input: the graph has no ${input}, but ${listed(inputs)}`)
  throw new Error(`The graph takes ${listed(inputs)}: name the one for the numbers of the tokens as input`)
}

function assertTakesTokens({ name, type, dims }: TensorPlace): void {
  if (!NUMERIC.includes(type))
    throw new Error(`The input ${name} is ${type}, and tokens are numbers; write a predict.ts for such a graph`)
  const batch = sizeAt(dims, 0)
  if (dims.length !== 2 || (batch !== undefined && batch !== 1))
    throw new Error(`The input ${name} is ${shown(dims)}, and tokens need [n, length] or [1, length]`)
}

export interface TextFeeds {
  feeds: Record<string, Tensor>
  /** Whether a token belongs to the text, and not to what it is filled up with. */
  counts: (index: number) => boolean
  /** Of the text, before it was cut. */
  tokenCount: number
}

/** @throws Error when there is nothing in a text that the tokenizer knows */
export function textFeeds(tokens: Tokens, plan: TextPlan): TextFeeds {
  const { ids, mask, types, positions, length, maxLength, truncationSide, paddingSide, padId } = plan
  const kept = truncated(tokens, maxLength, truncationSide)
  if (kept.length === 0 && length === undefined) throw new Error('The text holds no words that the model knows')
  const size = length ?? kept.length
  const ones = padded(new Array<number>(kept.length).fill(1), size, 0, paddingSide)
  const feeds: Record<string, Tensor> = {}
  const add = (place: TensorPlace | undefined, values: readonly number[]) => {
    if (place) feeds[place.name] = tensorOf(place.type, values, [1, size])
  }
  add(ids, padded(kept, size, padId, paddingSide))
  add(mask, ones)
  add(types, new Array<number>(size).fill(0))
  add(
    positions,
    Array.from({ length: size }, (_, index) => index),
  )
  const tokenCount = tokens.before.length + tokens.text.length + tokens.after.length
  return { feeds, counts: (index) => ones[index] === 1, tokenCount }
}
