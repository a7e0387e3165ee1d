import type { InferenceSession } from 'onnxruntime-common'
import type { Graph, TensorPlace } from './graph.ts'

type Metadata = InferenceSession.ValueMetadata
type TensorMetadata = InferenceSession.TensorValueMetadata

/** What a graph says of itself once it is loaded. */
export function graphOf(file: string, { inputMetadata, outputMetadata }: InferenceSession): Graph {
  return {
    file,
    inputs: inputMetadata.filter(isTensor).map(toPlace),
    outputs: outputMetadata.filter(isTensor).map(toPlace),
    others: [...inputMetadata, ...outputMetadata].filter((value) => !value.isTensor).map(({ name }) => name),
  }
}

function isTensor(value: Metadata): value is TensorMetadata {
  return value.isTensor
}

function toPlace({ name, type, shape }: TensorMetadata): TensorPlace {
  return { name, type, dims: shape.map((size) => (typeof size === 'number' && size < 1 ? '' : size)) }
}
