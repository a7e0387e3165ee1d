import type { InferenceSession } from 'onnxruntime-common'
import { packagePath } from '../runner/engine.ts'
import type { Graph, TensorPlace } from './graph.ts'

type Metadata = InferenceSession.ValueMetadata
type TensorMetadata = InferenceSession.TensorValueMetadata

/** Asks the engine what a graph of a package takes and gives; nothing of it stays loaded. */
export async function readGraph(dir: string, file: string): Promise<Graph> {
  const { InferenceSession } = await import('onnxruntime-node')
  const session = await InferenceSession.create(packagePath(dir, file), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    enableCpuMemArena: false,
  })
  try {
    const { inputMetadata, outputMetadata } = session
    return {
      file,
      inputs: inputMetadata.filter(isTensor).map(toPlace),
      outputs: outputMetadata.filter(isTensor).map(toPlace),
      others: [...inputMetadata, ...outputMetadata].filter((value) => !value.isTensor).map(({ name }) => name),
    }
  } finally {
    await session.release()
  }
}

function isTensor(value: Metadata): value is TensorMetadata {
  return value.isTensor
}

function toPlace({ name, type, shape }: TensorMetadata): TensorPlace {
  return { name, type, dims: shape.map((size) => (typeof size === 'number' && size < 1 ? '' : size)) }
}
