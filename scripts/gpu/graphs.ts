import { fileURLToPath } from 'node:url'

/** A graph of a bundled model, and one input of the size that the model gives it. */
export interface Graph {
  name: string
  path: string
  input: string
  shape: readonly number[]
  /** Of the input at an index. */
  value: (index: number) => number
}

export const GRAPHS: readonly Graph[] = [
  {
    name: 'pitch',
    path: modelFile('pitch/pitch.onnx'),
    input: 'frames',
    shape: [128, 1024],
    // Sound between -1 and 1.
    value: (index) => 0.5 * Math.sin(0.17 * index) + 0.2 * Math.sin(0.51 * index),
  },
  {
    name: 'upscaler',
    path: modelFile('upscaler/enlarge-2x.onnx'),
    input: 'picture',
    shape: [1, 3, 212, 212],
    // Colours between 0 and 1.
    value: (index) => 0.5 + 0.3 * Math.sin(0.037 * index) + 0.2 * Math.sin(1.3 * index),
  },
]

export function inputOf({ shape, value }: Graph): Float32Array {
  return Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, (_, index) => value(index))
}

function modelFile(path: string): string {
  return fileURLToPath(new URL(`../../models/reprise/${path}`, import.meta.url))
}
