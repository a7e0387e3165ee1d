import { readFile, stat } from 'node:fs/promises'
import type { InferenceSession, Tensor } from 'onnxruntime-common'
import { messageOf } from '../errors.ts'
import type { SetupContext } from '../models/define-model.ts'
import type { Declaration } from '../tensors/declaration.ts'
import { describeFaults, InputFault } from '../tensors/input-fault.ts'
import { parseTensor } from '../tensors/parse-tensor.ts'
import { findSymbolFaults } from '../tensors/symbols.ts'
import { jsonValueCount, tensorToJson } from '../tensors/tensor-json.ts'
import type { Definition } from './definition.ts'
import { describeLeftOut, type GraphSignature, graphSchemas, readSignature } from './graph-signature.ts'
import { assertValueCount } from './json-output.ts'

/** Bytes. */
const LONGEST_POINTER = 1024
/** Types without a name in the engine's binding, by their numbers in ONNX. */
const UNKNOWN_TYPES: Record<string, string> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
}

interface Graph {
  session: InferenceSession
  signature: GraphSignature
}

/** Serves a graph as it is: tensors in, tensors out. */
export function graphDefinition(file: string): Definition {
  let graph: Graph | undefined
  return {
    // What it takes and gives is known once it is loaded.
    input: { type: 'object', properties: {} },
    output: { type: 'object' },
    async inspect(ctx) {
      return graphSchemas((await load(ctx, file)).signature)
    },
    async setup(ctx) {
      graph = await load(ctx, file)
      const missing = describeLeftOut(graph.signature)
      if (missing !== undefined) ctx.log(`${file}: ${missing}`)
    },
    predict(input) {
      if (!graph) throw new Error(`${file} was run before it was loaded`)
      return run(graph, input)
    },
  }
}

/** @throws an error that names the file */
async function load(ctx: Pick<SetupContext, 'session' | 'path'>, file: string): Promise<Graph> {
  let session: InferenceSession
  try {
    session = await ctx.session(file)
  } catch (error) {
    const reason = await explain(messageOf(error).trim(), ctx.path(file))
    throw new Error(`${file} cannot be loaded: ${reason}`, { cause: error })
  }
  return { session, signature: readSignature(session, file) }
}

/** The reason of the engine, and what it does not say. */
async function explain(reason: string, path: string): Promise<string> {
  const type = UNKNOWN_TYPES[/^Unsupported data type: (\d+)$/.exec(reason)?.[1] ?? '']
  if (type !== undefined) return `${reason}; it takes or gives ${type}, which onnxruntime-node does not know`
  if (await isPointer(path)) return `it is a pointer of Git LFS; \`git lfs pull\` fetches the graph itself (${reason})`
  return reason
}

async function isPointer(path: string): Promise<boolean> {
  const { size } = await stat(path)
  return size <= LONGEST_POINTER && (await readFile(path, 'latin1')).startsWith('version https://git-lfs')
}

async function run({ session, signature }: Graph, input: Readonly<Record<string, unknown>>): Promise<unknown> {
  const names = signature.outputs.map(({ name }) => name)
  const results = await session.run(parseFeeds(signature, input), names)
  const outputs = names.map((name): [string, Tensor] => {
    const tensor = results[name]
    if (!tensor) throw new Error(`The engine returned no output ${name}`)
    return [name, tensor]
  })
  assertValueCount(outputs.reduce((sum, [, { dims }]) => sum + jsonValueCount(dims), 0))
  return Object.fromEntries(outputs.map(([name, tensor]) => [name, tensorToJson(tensor)]))
}

/** @throws with all that is wrong with the input */
function parseFeeds({ inputs }: GraphSignature, input: Readonly<Record<string, unknown>>): Record<string, Tensor> {
  const given: { declared: Declaration; tensor: Tensor }[] = []
  const faults: InputFault[] = []
  for (const declared of inputs)
    try {
      given.push({ declared, tensor: parseTensor(input[declared.name], declared) })
    } catch (error) {
      if (!(error instanceof InputFault)) throw error
      faults.push(error)
    }
  faults.push(...findSymbolFaults(given.map(({ declared, tensor }) => ({ declared, dims: tensor.dims }))))
  if (faults.length > 0) throw new Error(describeFaults(faults))
  return Object.fromEntries(given.map(({ declared, tensor }) => [declared.name, tensor]))
}
