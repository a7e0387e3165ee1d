/** The messages of onnx.proto, as protobufjs takes them. */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

export interface ModelProto {
  irVersion: number
  graph: GraphProto
  opsetImport: readonly OperatorSet[]
  functions: readonly FunctionProto[]
}

export interface OperatorSet {
  domain: string
  version: number
}

export interface GraphProto {
  name: string
  node: readonly NodeProto[]
  initializer: readonly TensorProto[]
  input: readonly ValueInfoProto[]
  output: readonly ValueInfoProto[]
}

export interface FunctionProto {
  name: string
  domain: string
  input: readonly string[]
  output: readonly string[]
  node: readonly NodeProto[]
  opsetImport: readonly OperatorSet[]
}

export interface NodeProto {
  opType: string
  domain: string
  input: readonly string[]
  output: readonly string[]
  attribute: readonly AttributeProto[]
}

export type AttributeProto = { name: string } & AttributeValue

export type AttributeValue =
  | { type: 'FLOAT'; f: number }
  | { type: 'INT'; i: number }
  | { type: 'STRING'; s: Uint8Array }
  | { type: 'TENSOR'; t: TensorProto }
  | { type: 'GRAPH'; g: GraphProto }
  | { type: 'FLOATS'; floats: readonly number[] }
  | { type: 'INTS'; ints: readonly number[] }

export type TensorProto = { name: string; dims: readonly number[]; dataType: number } & (
  | { rawData: Uint8Array }
  | { stringData: readonly Uint8Array[] }
  | { dataLocation: 'EXTERNAL'; externalData: readonly { key: string; value: string }[] }
)

export interface ValueInfoProto {
  name: string
  type: { tensorType: { elemType: number; shape: { dim: readonly Dimension[] } } }
}

export type Dimension = { dimValue: number } | { dimParam: string }

const definitions = readFileSync(new URL('./onnx.proto', import.meta.url), 'utf8')
const modelType = protobuf.parse(definitions).root.lookupType('onnx.ModelProto')

export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish()
}
