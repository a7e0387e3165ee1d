import { isRecord } from '../is-record.ts'
import type { RunnerEvent } from './protocol.ts'

/** Undefined for what no runner says by itself: a model's own code can send messages over the same channel. */
export function parseEvents(message: unknown): readonly RunnerEvent[] | undefined {
  return Array.isArray(message) && message.every(isRunnerEvent) ? message : undefined
}

function isRunnerEvent(value: unknown): value is RunnerEvent {
  if (!isRecord(value)) return false
  const { type, id } = value
  switch (type) {
    case 'inspected':
      return isRecord(value.signature) && isRecord(value.signature.input) && isRecord(value.signature.output)
    case 'ready':
      return true
    case 'refused':
      return typeof value.message === 'string'
    case 'started':
    case 'dropped':
      return typeof id === 'string'
    case 'output':
      return typeof id === 'string' && Array.isArray(value.values) && isFileList(value.files)
    case 'log':
      return (typeof id === 'string' || id === null) && typeof value.text === 'string'
    case 'metric':
      return typeof id === 'string' && typeof value.name === 'string' && Number.isFinite(value.value)
    case 'done':
      return typeof id === 'string' && Number.isFinite(value.seconds) && isFileList(value.files)
    case 'error':
      return typeof id === 'string' && typeof value.message === 'string' && Number.isFinite(value.seconds)
    default:
      return false
  }
}

function isFileList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isOutputFile)
}

/** The name decides which file the server opens. */
function isOutputFile(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { path, file, name, contentType, size, sha256 } = value
  const texts = [name, contentType, sha256].every((text) => typeof text === 'string')
  return texts && Array.isArray(path) && Number.isSafeInteger(size) && /^output-\d+$/.test(String(file))
}
