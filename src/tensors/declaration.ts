import type { Tensor } from 'onnxruntime-common'

/** An input or output of a graph, as the engine tells it. */
export interface Declaration {
  /** Any text, such as `serving/input:0`. */
  name: string
  type: Tensor.Type
  /**
   * Sizes, and names of those that are open, which may be empty. Without any it is a scalar, or the graph declares no
   * shape: the engine does not tell one from the other.
   */
  shape: readonly (number | string)[]
}

/** `float32 tensor of shape [batch, 3, 224, 224]` */
export function describeTensor({ type, shape }: Pick<Declaration, 'type' | 'shape'>): string {
  return shape.length === 0
    ? `${type} scalar, or ${type} tensor of a shape that the graph leaves open`
    : `${type} tensor of shape ${describeShape(shape)}`
}

export function describeShape(shape: Declaration['shape']): string {
  return `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`
}

/** Whether tensors may have these dimensions, as far as one of them tells by itself. */
export function fits(dims: readonly number[], { shape }: Pick<Declaration, 'shape'>): boolean {
  if (shape.length === 0) return true
  return dims.length === shape.length && shape.every((size, axis) => typeof size === 'string' || size === dims[axis])
}

/** Whether an open size is meant to be the same wherever its name stands; exporters write some for "any". */
export function isSymbol(size: number | string | undefined): size is string {
  return typeof size === 'string' && /\p{L}/u.test(size) && size !== 'None'
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1)
}
