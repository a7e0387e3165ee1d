import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { cudaLibraryPath } from '../../src/runner/cuda-library.ts'

const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js'

/** Whether onnxruntime's CUDA provider can be loaded, and what to do about it. */
export async function describeCudaLibrary(): Promise<string[]> {
  const path = cudaLibraryPath()
  if (!existsSync(path)) {
    if (process.platform !== 'linux' || process.arch !== 'x64')
      return ['onnxruntime-node has no CUDA provider for this kind of machine, only for Linux on x64']
    return [`There is no ${path}`, `It is too large for npm; where the network allows, fetch it with: ${INSTALL}`]
  }
  const { stdout } = await promisify(execFile)('ldd', [path])
  const unresolved = unresolvedOf(stdout)
  if (unresolved.length === 0) return [`${path} finds every library that it needs`]
  return [
    `${path} does not find ${unresolved.join(', ')}`,
    'Install the CUDA runtime of that number and cuDNN, or add their folder to LD_LIBRARY_PATH',
  ]
}

/** Of what ldd prints, the libraries that were not found. */
export function unresolvedOf(ldd: string): string[] {
  return Array.from(ldd.matchAll(/^\s*(\S+) => not found/gm), ([, name = '']) => name)
}
