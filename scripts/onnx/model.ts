import {
  type AttributeValue,
  encodeModel,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './messages.ts'
import { elementCount } from './tensor.ts'

/** Goes with opset 20. */
const IR_VERSION = 9
const OPSET = 20
/** Where the functions of a model are defined. */
const LOCAL_DOMAIN = 'local'

export interface GraphDescription {
  /** In an order in which each comes after those whose outputs it takes. */
  nodes: readonly NodeProto[]
  inputs: readonly ValueInfoProto[]
  outputs: readonly ValueInfoProto[]
  initializers?: readonly TensorProto[]
}

export interface ModelDescription extends GraphDescription {
  /** What nodes made by `call` refer to. */
  functions?: readonly FunctionDescription[]
  /** Version of ONNX's own operators; 20 by default. */
  opset?: number
}

export interface FunctionDescription {
  name: string
  inputs: readonly string[]
  outputs: readonly string[]
  nodes: readonly NodeProto[]
}

/** The bytes of an `.onnx` file. */
export function onnxModel(model: ModelDescription): Uint8Array {
  const { functions = [], opset = OPSET } = model
  const opsetImport = [{ domain: '', version: opset }]
  if (functions.length > 0) opsetImport.push({ domain: LOCAL_DOMAIN, version: 1 })
  return encodeModel({
    irVersion: IR_VERSION,
    graph: subgraph('main', model),
    opsetImport,
    functions: functions.map(
      ({ name, inputs, outputs, nodes }): FunctionProto => ({
        name,
        domain: LOCAL_DOMAIN,
        input: inputs,
        output: outputs,
        node: nodes,
        opsetImport,
      }),
    ),
  })
}

/** A graph as the attribute of a node, such as the body of a Loop. */
export function subgraph(name: string, { nodes, inputs, outputs, initializers = [] }: GraphDescription): GraphProto {
  return { name, node: nodes, initializer: initializers, input: inputs, output: outputs }
}

/** @param input names of values; an empty one leaves an optional input out */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Record<string, AttributeValue> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, content]) => ({ name, ...content }))
  return { opType, domain: '', input, output, attribute }
}

/** Runs a function of the model. */
export function call(name: string, input: readonly string[], output: readonly string[]): NodeProto {
  return { opType: name, domain: LOCAL_DOMAIN, input, output, attribute: [] }
}

/** How many numbers the initializers hold. */
export function parameterCount({ initializers = [] }: ModelDescription): number {
  return initializers.reduce((sum, { dims }) => sum + elementCount(dims), 0)
}
