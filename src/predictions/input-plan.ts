import type { FieldError } from '../errors.ts'
import { type JsonPath, withValues } from '../json-path.ts'
import type { Place } from '../models/input-places.ts'
import { sizeOf } from '../size-of.ts'
import { base64Header, type DataUri, parseDataUri } from './data-uri.ts'

/** What is longer is kept in a file instead of the row (rules 8). */
const LARGE = 2 ** 16
const MASK = '**********'
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

type PartSource =
  | { type: 'data'; data: DataUri; cutDataUri: string | undefined }
  | { type: 'own'; own: OwnFile }
  | { type: 'remote'; url: URL }
  | { type: 'json'; value: unknown }

/** A part of an input that does not stay in the row, and what it is made of. */
export type PlannedPart = PartSource & {
  path: JsonPath
  /** The name it gets in the folder of the prediction. */
  file: string
}

export interface InputPlan {
  /** The input as the row holds it. */
  input: Readonly<Record<string, unknown>>
  parts: readonly PlannedPart[]
  /** What asterisks stand for. */
  secrets: readonly Place[]
}

/** The places of an input that its schema tells apart. */
export interface InputPlaces {
  files: readonly Place[]
  secrets: readonly Place[]
}

/** What the URL of an input file means: a file of ours, a page of the web, or a sentence that says why it cannot be used. */
export type Resolve = (url: string) => OwnFile | URL | string

/** Decides what of an input goes to files, and tells which of its files cannot be had. */
export function planInput(
  input: Readonly<Record<string, unknown>>,
  { files, secrets }: InputPlaces,
  resolve: Resolve,
): { plan: InputPlan; errors: FieldError[] } {
  if (files.length + secrets.length === 0 && sizeOf(input) <= LARGE)
    return { plan: { input, parts: [], secrets }, errors: [] }
  const errors: FieldError[] = []
  if (secrets.some(({ text }) => text.length > LARGE)) {
    const description = `Secrets must be at most ${LARGE} characters long`
    errors.push({ type: 'string_lte', field: 'input', description })
  }
  if (files.length > MOST_FILES) {
    const description = `Must hold at most ${MOST_FILES} files`
    errors.push({ type: 'array_max_items', field: 'input', description })
  }
  const parts: PlannedPart[] = []
  const shown: [JsonPath, unknown][] = secrets.map(({ path }) => [path, MASK])
  for (const { path, text } of files.slice(0, MOST_FILES)) {
    const part = planFile(text, resolve)
    if (typeof part === 'string')
      errors.push({ type: 'format', field: ['input', ...path].join('.'), description: part })
    else parts.push({ ...part, path, file: `input-${parts.length}` })
    if (isLargeDataUri(text)) shown.push([path, `${text.slice(0, SHOWN)}…`])
  }
  const secretKeys = new Set(secrets.map(({ path }) => path[0]))
  const values: PlannedPart[] = []
  const kept = Object.entries(withValues(input, shown)).map(([key, value]) => {
    // A secret is put back into what the row holds.
    if (secretKeys.has(key) || sizeOf(value) <= LARGE) return [key, value]
    values.push({ path: [key], file: `value-${values.length}`, type: 'json', value })
    return [key, null]
  })
  // Values come first: files may stand inside them.
  return { plan: { input: Object.fromEntries(kept), parts: [...values, ...parts], secrets }, errors }
}

/** What a file is made of, or a sentence that says why it cannot be had. */
function planFile(text: string, resolve: Resolve): PartSource | string {
  if (isDataUri(text)) {
    const data = parseDataUri(text)
    if (!data) return 'The data URI is damaged: its base64 or percent-encoding cannot be read'
    return { type: 'data', data, cutDataUri: isLargeDataUri(text) ? base64Header(text) : undefined }
  }
  const meant = resolve(text)
  if (typeof meant === 'string') return meant
  return meant instanceof URL ? { type: 'remote', url: meant } : { type: 'own', own: meant }
}

function isDataUri(text: string): boolean {
  return /^data:/i.test(text)
}

function isLargeDataUri(text: string): boolean {
  return text.length > LARGE && isDataUri(text)
}
