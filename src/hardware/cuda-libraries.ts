import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { messageOf } from '../errors.ts'
import { cudaLibraryPath } from '../runner/cuda-library.ts'

const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js'

export interface CudaLibraries {
  /** Whether all are there, as far as can be told. */
  ready: boolean
  text: string
  /** Where they are not. */
  advice: string
}

/** Whether onnxruntime's CUDA provider can be loaded, and what to do about it. */
export async function findCudaLibraries(): Promise<CudaLibraries> {
  const path = cudaLibraryPath()
  if (!existsSync(path)) {
    if (process.platform !== 'linux' || process.arch !== 'x64')
      return {
        ready: false,
        text: 'onnxruntime-node has no CUDA provider for this kind of machine',
        advice: 'use Linux on x64',
      }
    return {
      ready: false,
      text: `There is no ${path}`,
      advice: `It is too large for npm; where the network allows, fetch it with: ${INSTALL}`,
    }
  }
  let unresolved: string[]
  try {
    unresolved = unresolvedOf((await promisify(execFile)('ldd', [path])).stdout)
  } catch (error) {
    return { ready: true, text: `${path} is there; what it needs is not known (${messageOf(error)})`, advice: '' }
  }
  if (unresolved.length === 0) return { ready: true, text: `${path} finds every library that it needs`, advice: '' }
  return {
    ready: false,
    text: `${path} does not find ${unresolved.join(', ')}`,
    advice: 'Install the CUDA runtime of that number and cuDNN, or add their folder to LD_LIBRARY_PATH',
  }
}

/** Of what ldd prints, the libraries that were not found. */
export function unresolvedOf(ldd: string): string[] {
  return Array.from(ldd.matchAll(/^\s*(\S+) => not found/gm), ([, name = '']) => name)
}
