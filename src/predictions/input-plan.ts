import type { FieldError } from '../errors.ts'
import { type JsonPath, withValues } from '../json-path.ts'
import type { FilePlace } from '../models/file-places.ts'
import { sizeOf } from '../size-of.ts'
import { base64Header, type DataUri, parseDataUri } from './data-uri.ts'

/** What is longer is kept in a file instead of the row (rules 8). */
const LARGE = 2 ** 16
/** As much of a cut data URI is shown. */
const SHOWN = 100
const MOST_FILES = 100

/** A file that this server keeps already: an upload, or the output of another prediction. */
export interface OwnFile {
  /** Where it lies. */
  path: string
  name: string
  contentType: string
  size: number
}

/** A part of an input that does not stay in the row, and what it is made of. */
export type PlannedPart = { path: JsonPath; file: string } & (
  | { type: 'data'; data: DataUri; cutDataUri: string | undefined }
  | { type: 'own'; own: OwnFile }
  | { type: 'remote'; url: URL }
  | { type: 'json'; value: unknown }
)

export interface InputPlan {
  /** The input as the row holds it. */
  input: Readonly<Record<string, unknown>>
  parts: readonly PlannedPart[]
}

/** What the URL of an input file means: a file of ours, a page of the web, or a sentence that says why it cannot be used. */
export type Resolve = (url: string) => OwnFile | URL | string

/** Decides what of an input goes to files, and tells which of its files cannot be had. */
export function planInput(
  input: Readonly<Record<string, unknown>>,
  places: readonly FilePlace[],
  resolve: Resolve,
): { plan: InputPlan; errors: FieldError[] } {
  if (places.length > MOST_FILES) {
    const description = `Must hold at most ${MOST_FILES} files`
    return { plan: { input, parts: [] }, errors: [{ type: 'array_max_items', field: 'input', description }] }
  }
  const parts: PlannedPart[] = []
  const errors: FieldError[] = []
  const shortened: [JsonPath, unknown][] = []
  for (const { path, text } of places) {
    const placed = { path, file: `input-${parts.length}` }
    if (/^data:/i.test(text)) {
      const data = parseDataUri(text)
      const cut = text.length > LARGE
      if (!data) errors.push(badFile(path, 'The data URI is damaged: its base64 or percent-encoding cannot be read'))
      else parts.push({ ...placed, type: 'data', data, cutDataUri: cut ? base64Header(text) : undefined })
      if (cut) shortened.push([path, `${text.slice(0, SHOWN)}…`])
    } else {
      const meant = resolve(text)
      if (typeof meant === 'string') errors.push(badFile(path, meant))
      else if (meant instanceof URL) parts.push({ ...placed, type: 'remote', url: meant })
      else parts.push({ ...placed, type: 'own', own: meant })
    }
  }
  const values: PlannedPart[] = []
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(withValues(input, shortened))) {
    const large = sizeOf(value) > LARGE
    kept[key] = large ? null : value
    if (large) values.push({ path: [key], file: `value-${values.length}`, type: 'json', value })
  }
  // Values come first: files may stand inside them.
  return { plan: { input: kept, parts: [...values, ...parts] }, errors }
}

function badFile(path: JsonPath, description: string): FieldError {
  return { type: 'format', field: ['input', ...path].join('.'), description }
}
