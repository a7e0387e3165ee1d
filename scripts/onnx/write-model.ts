import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { TensorProto } from './messages.ts'
import { type ModelDescription, onnxModel } from './model.ts'

/** What lies at a multiple of the page size can be mapped into memory, and shared by processes. */
const PAGE_BYTES = 4096
/** The engine wants shapes and the like at hand, and there is nothing to share in less than a page. */
const SMALLEST_EXTERNAL_BYTES = PAGE_BYTES

export interface WriteOptions {
  /** Keep the weights in a file beside the model: `model.onnx_data` for `model.onnx`. */
  externalWeights?: boolean
}

/** Writes an `.onnx` file, and the folders above it. */
export function writeModel(
  path: string,
  model: ModelDescription,
  { externalWeights = false }: WriteOptions = {},
): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, onnxModel(externalWeights ? withExternalWeights(`${path}_data`, model) : model))
}

function withExternalWeights(path: string, model: ModelDescription): ModelDescription {
  const file = openSync(path, 'w')
  let end = 0
  try {
    const initializers = (model.initializers ?? []).map((tensor): TensorProto => {
      if (!('rawData' in tensor) || tensor.rawData.length < SMALLEST_EXTERNAL_BYTES) return tensor
      const { name, dims, dataType, rawData } = tensor
      const offset = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES
      writeAt(file, rawData, offset)
      end = offset + rawData.length
      const place = { location: basename(path), offset, length: rawData.length }
      const externalData = Object.entries(place).map(([key, content]) => ({ key, value: String(content) }))
      return { name, dims, dataType, dataLocation: 'EXTERNAL', externalData }
    })
    return { ...model, initializers }
  } finally {
    closeSync(file)
  }
}

function writeAt(file: number, bytes: Uint8Array, offset: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, offset + written)
}
