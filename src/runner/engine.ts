import { isAbsolute, join, relative } from 'node:path'
import type { InferenceSession } from 'onnxruntime-common'
import { createOnFirst } from './choose-provider.ts'
import { assertCudaLibrary } from './cuda-library.ts'
import { deviceName, type ProviderChoice } from './execution-provider.ts'
import { withPreparedFeeds } from './prepared-feeds.ts'
import type { SessionSettings } from './protocol.ts'
import { withDefaults } from './with-defaults.ts'

export interface SessionListener {
  /** A line for whoever looks after the model. */
  log(text: string): void
  /** What the session runs on: `cpu`, `cuda:0`. */
  onDevice(device: string): void
}

/** Loads one ONNX file of a package. onnxruntime is loaded with the first. */
export async function loadSession(
  dir: string,
  file: string,
  { threads, devices, options }: SessionSettings,
  { log, onDevice }: SessionListener,
): Promise<InferenceSession> {
  const path = packagePath(dir, file)
  const own: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin while they wait burn the cores that other runners need.
    ...options,
    extra: withDefaults({ session: { intra_op: { allow_spinning: '0' } } }, options.extra),
  }
  if (own.executionProviders) {
    const session = await createSession(path, own)
    onDevice(nameOfOwn(own.executionProviders))
    return withPreparedFeeds(session)
  }
  const create = (choice: ProviderChoice) => createSessionOn(choice, path, own)
  const { session, choice } = await createOnFirst(file, devices, create, log)
  onDevice(deviceName(choice))
  return withPreparedFeeds(session)
}

/**
 * Makes a session on one device or none.
 * @param graph a file, or its bytes
 */
export async function createSessionOn(
  choice: ProviderChoice,
  graph: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  if (choice.provider === 'cuda') assertCudaLibrary()
  return createSession(graph, { ...options, executionProviders: [nativeName(choice)] })
}

async function createSession(
  graph: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node')
  return typeof graph === 'string' ? InferenceSession.create(graph, options) : InferenceSession.create(graph, options)
}

/** Of a CUDA device onnxruntime-node reads nothing but its number. */
function nativeName(choice: ProviderChoice): InferenceSession.ExecutionProviderConfig {
  return choice.provider === 'cuda' ? { name: 'cuda', deviceId: choice.deviceId } : choice.provider
}

/** The first that a package names among its session options; a session with one that cannot be had is not made. */
function nameOfOwn([first]: readonly InferenceSession.ExecutionProviderConfig[]): string {
  if (first === undefined || typeof first === 'string') return first ?? 'cpu'
  return 'deviceId' in first ? `${first.name}:${first.deviceId}` : first.name
}

/** @throws when the file lies outside the package. */
export function packagePath(dir: string, file: string): string {
  const path = join(dir, file)
  const inside = relative(dir, path)
  if (inside.startsWith('..') || isAbsolute(inside)) throw new Error(`${file} is not a file of the package`)
  return path
}
