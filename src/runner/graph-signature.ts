import type { InferenceSession } from 'onnxruntime-common'
import { type Declaration, describeTensor } from '../tensors/declaration.ts'
import { findElementType } from '../tensors/element-type.ts'
import type { Definition } from './definition.ts'

type Metadata = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>
type Schema = Record<string, unknown>

/** What a graph takes and gives, as far as the engine can take and give it. */
export interface GraphSignature {
  inputs: readonly Declaration[]
  outputs: readonly Declaration[]
  /** Outputs that the engine cannot return, each with what it is. */
  leftOut: readonly string[]
}

/** @throws when the graph cannot be run with tensors alone, or gives none */
export function readSignature({ inputMetadata, outputMetadata }: Metadata, file: string): GraphSignature {
  const [inputs, unfit] = sortOut(inputMetadata)
  if (unfit.length > 0)
    throw new Error(
      `${file} cannot be served: onnxruntime-node has no way to give a graph its inputs ${unfit.join(', ')}`,
    )
  const [outputs, leftOut] = sortOut(outputMetadata)
  if (outputs.length === 0)
    throw new Error(`${file} cannot be served: onnxruntime-node can return none of its outputs: ${leftOut.join(', ')}`)
  return { inputs, outputs, leftOut }
}

/** What can be told as JSON, and the names and kinds of the rest. */
function sortOut(metadata: readonly InferenceSession.ValueMetadata[]): [fit: Declaration[], unfit: string[]] {
  const fit: Declaration[] = []
  const unfit: string[] = []
  for (const value of metadata)
    if (!value.isTensor) unfit.push(`${value.name} (a sequence, a map, or optional)`)
    else if (findElementType(value.type)) fit.push(value)
    else unfit.push(`${value.name} (${describeTensor(value)})`)
  return [fit, unfit]
}

/** A line for what is left out; undefined when nothing is. */
export function describeLeftOut({ leftOut }: GraphSignature): string | undefined {
  if (leftOut.length === 0) return
  return `Left out, because onnxruntime-node cannot return it: ${leftOut.join(', ')}`
}

/** The input and output of a version as JSON schemas. */
export function graphSchemas(signature: GraphSignature): Pick<Definition, 'input' | 'output'> {
  const missing = describeLeftOut(signature)
  return {
    input: tensorsSchema(signature.inputs),
    output: { ...tensorsSchema(signature.outputs), ...(missing === undefined ? {} : { description: missing }) },
  }
}

function tensorsSchema(tensors: readonly Declaration[]) {
  return {
    type: 'object',
    properties: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensorSchema(tensor)])),
    required: tensors.map(({ name }) => name),
  }
}

/** Only kinds: to look at each of millions of elements would hold the server up. */
function tensorSchema({ name, type, shape }: Declaration): Schema {
  const scalars = findElementType(type)?.jsonTypes ?? []
  return {
    title: name,
    description: describeTensor({ type, shape }),
    anyOf: [
      { type: 'array', items: {} },
      FLAT,
      // Where the graph declares no size, one bare element may be meant.
      ...(shape.length === 0 ? scalars.map((scalar) => ({ type: scalar })) : []),
    ],
    'x-tensor': { dtype: type, shape: shape.map((size) => (size === '' ? null : size)) },
  }
}

/** How a tensor is written whose shape nested arrays do not tell, and how any may be. */
const FLAT: Schema = {
  type: 'object',
  properties: {
    shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
    data: { type: 'array', items: {} },
  },
  required: ['shape', 'data'],
}
