/** Values of the attributes of a node: JavaScript's numbers and texts do not tell which type is meant. */
import type { AttributeValue, GraphProto, TensorProto } from './messages.ts'

export const float = (f: number): AttributeValue => ({ type: 'FLOAT', f })
export const floats = (...values: number[]): AttributeValue => ({ type: 'FLOATS', floats: values })
export const int = (i: number): AttributeValue => ({ type: 'INT', i })
export const ints = (...values: number[]): AttributeValue => ({ type: 'INTS', ints: values })
export const string = (text: string): AttributeValue => ({ type: 'STRING', s: Buffer.from(text) })
export const tensor = (t: TensorProto): AttributeValue => ({ type: 'TENSOR', t })
export const graph = (g: GraphProto): AttributeValue => ({ type: 'GRAPH', g })
