import { parseContentType } from '../files/content-type.ts'
import { isRecord } from '../is-record.ts'
import type { RunnerEvent } from './protocol.ts'
import { isTrainEntry } from './train-entry.ts'

/** Levels of an output, and of the list that streamed values come in. */
const DEEPEST = 510

/** Undefined for what no runner says by itself: a model's own code can send messages over the same channel. */
export function parseEvents(message: unknown): readonly RunnerEvent[] | undefined {
  return Array.isArray(message) && message.every(isRunnerEvent) ? message : undefined
}

function isRunnerEvent(value: unknown): value is RunnerEvent {
  if (!isRecord(value)) return false
  const { type, id } = value
  switch (type) {
    case 'inspected':
      return isSignature(value.signature)
    case 'ready':
      return value.device === null || typeof value.device === 'string'
    case 'refused':
      return typeof value.message === 'string'
    case 'started':
    case 'returned':
    case 'dropped':
      return typeof id === 'string'
    case 'output':
      return typeof id === 'string' && Array.isArray(value.values) && isShallow(value.values) && isFileList(value.files)
    case 'log':
      return (typeof id === 'string' || id === null) && typeof value.text === 'string'
    case 'metric':
      return typeof id === 'string' && typeof value.name === 'string' && Number.isFinite(value.value)
    case 'done':
      return (
        typeof id === 'string' &&
        Number.isFinite(value.seconds) &&
        (value.storeSeconds === undefined || Number.isFinite(value.storeSeconds)) &&
        isShallow(value.output) &&
        isFileList(value.files)
      )
    case 'error':
      return typeof id === 'string' && typeof value.message === 'string' && Number.isFinite(value.seconds)
    default:
      return false
  }
}

function isSignature(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { input, output, batches, training } = value
  return isRecord(input) && isRecord(output) && typeof batches === 'boolean' && isTrainingSignature(training)
}

function isTrainingSignature(value: unknown): boolean {
  if (value === null) return true
  return isRecord(value) && isRecord(value.input) && typeof value.entry === 'string' && isTrainEntry(value.entry)
}

/** What is nested deeper than a runner allows cannot be written as JSON again. */
function isShallow(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  for (const item of Array.isArray(value) ? value : Object.values(value)) if (!isShallow(item, levels - 1)) return false
  return true
}

function isFileList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isOutputFile)
}

/** What is told here decides which file the server opens, and what it sends in a header. */
function isOutputFile(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { path, file, name, contentType, size } = value
  const texts = typeof file === 'string' && typeof name === 'string' && typeof contentType === 'string'
  if (!texts || !/^output-\d+$/.test(file) || parseContentType(contentType) === undefined) return false
  return Array.isArray(path) && path.every(isKey) && Number.isSafeInteger(size) && Number(size) >= 0
}

function isKey(key: unknown): boolean {
  return typeof key === 'string' || Number.isSafeInteger(key)
}
