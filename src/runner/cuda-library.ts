import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Where onnxruntime-node looks for its CUDA provider: beside its binding. */
export function cudaLibraryPath(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  const bindings = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch)
  return join(
    bindings,
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so',
  )
}

/** @throws before onnxruntime finds out, which prints paths of this machine and does not say what is missing. */
export function assertCudaLibrary(): void {
  if (!existsSync(cudaLibraryPath())) throw new Error('the CUDA libraries of onnxruntime are not installed')
}
