import { openAsBlob } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { coerceInput, typesOf } from './coerce-input.ts'
import type { Terminal } from './command.ts'
import { branchesOf, type InputField, isFile, type Schema } from './input-fields.ts'
import { type RunningServer, strangeAnswer } from './server.ts'

/** What is read whole: standard input, and values that stand in files. No server takes more. */
const MOST_BYTES = 100_000_000
const UPLOAD_PATIENCE_MS = 15 * 60_000

/** What somebody typed for the input of a prediction. */
export interface TypedInput {
  /** `key=value`, `key=@file` or `key=@-` */
  pairs: readonly string[]
  /** File with a JSON object, or `-`. */
  json: string | undefined
}

/**
 * The input of a prediction: the object that was given, and over it each value in the type that the model takes. Files
 * are uploaded where the model takes a file; elsewhere their content is the value.
 * @throws AppError with the input that is wrong
 */
export async function readInput(
  server: RunningServer,
  fields: readonly InputField[],
  { pairs, json }: TypedInput,
  terminal: Pick<Terminal, 'input' | 'status'>,
): Promise<Record<string, unknown>> {
  const sources = new Sources(server, terminal)
  const typed = new Map<InputField, string[]>()
  for (const [field, text] of pairs.map((pair) => parsePair(pair, fields)))
    typed.set(field, [...(typed.get(field) ?? []), text])
  const input = json === undefined ? {} : parseObject(json, await sources.text(json))
  for (const [{ name, schema }, texts] of typed) {
    if (isList(schema)) input[name] = await listOf(name, texts, schema, sources)
    else if (texts.length > 1)
      throw new AppError('invalid', `The input ${name} takes one value and was given ${texts.length}`)
    else input[name] = await readValue(name, texts.join(), schema, sources)
  }
  terminal.status('')
  return input
}

function parsePair(pair: string, fields: readonly InputField[]): [InputField, string] {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
  if (name === undefined || text === undefined)
    throw new AppError('configuration', `An input is given as -i name=value, not "${pair}"`)
  const field = fields.find((each) => each.name === name)
  if (field) return [field, text]
  const known = fields.map((each) => each.name).join(', ')
  throw new AppError('invalid', `The model has no input ${name}; it takes ${known || 'none'}`)
}

function isList(schema: Schema): boolean {
  const types = typesOf(schema)
  return types.length === 1 && types[0] === 'array'
}

/** The items of a list, each text being one of them or a list as JSON. */
async function listOf(name: string, texts: readonly string[], list: Schema, sources: Sources): Promise<unknown[]> {
  const schema = isRecord(list.items) ? list.items : {}
  const items: unknown[] = []
  for (const text of texts) {
    if (namesUpload(text, schema)) items.push(await sources.upload(text.slice(1)))
    else {
      const word = await sources.valueText(text)
      const value = coerceInput(name, word, /^\s*\[/.test(word) ? list : schema)
      items.push(...(Array.isArray(value) ? value : [value]))
    }
  }
  return items
}

async function readValue(name: string, text: string, schema: Schema, sources: Sources): Promise<unknown> {
  if (namesUpload(text, schema)) return sources.upload(text.slice(1))
  return coerceInput(name, await sources.valueText(text), schema)
}

function namesUpload(text: string, schema: Schema): boolean {
  return takesFile(schema) && /^@[^@]/.test(text)
}

function takesFile(schema: Schema): boolean {
  return isFile(schema) || branchesOf(schema).some(isFile)
}

function parseObject(source: string, text: string): Record<string, unknown> {
  const from = source === '-' ? 'Standard input' : source
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid', `${from} is not valid JSON: ${messageOf(error)}`)
  }
  if (isRecord(value)) return value
  throw new AppError('invalid', `${from} must hold a JSON object with the inputs by name`)
}

/** Where values come from: words of the command line, files, and standard input, which can be read once. */
class Sources {
  readonly #server: RunningServer
  readonly #terminal: Pick<Terminal, 'input' | 'status'>
  #drained = false

  constructor(server: RunningServer, terminal: Pick<Terminal, 'input' | 'status'>) {
    this.#server = server
    this.#terminal = terminal
  }

  /** What a word of the command line stands for: itself, or after `@` the content of a file; `@@` is an `@`. */
  async valueText(word: string): Promise<string> {
    if (!word.startsWith('@')) return word
    if (word.startsWith('@@')) return word.slice(1)
    // Editors and `echo` end a file with a line end that nobody means.
    return (await this.text(word.slice(1))).replace(/\r?\n$/, '')
  }

  /** @param path of a file, or `-` */
  async text(path: string): Promise<string> {
    const bytes = await this.#bytes(path)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      throw new AppError('invalid', `${nameOf(path)} is no text: it is not valid UTF-8`)
    }
  }

  /** Sends a file to the server and gives the URL that stands for it in an input. */
  async upload(path: string): Promise<string> {
    this.#terminal.status(`uploading ${nameOf(path)}`)
    const form = new FormData()
    form.append('content', await this.#blob(path), path === '-' ? 'stdin' : basename(path))
    const answer = await this.#server.request('POST', '/v1/files', { form, patienceMs: UPLOAD_PATIENCE_MS })
    const urls = isRecord(answer) ? answer.urls : undefined
    if (!isRecord(urls) || typeof urls.get !== 'string') throw strangeAnswer('a file')
    return urls.get
  }

  /** Of a file, only where it lies: it is read as it is sent. */
  async #blob(path: string): Promise<Blob> {
    const facts = path === '-' ? undefined : await readable(path, () => stat(path))
    return facts?.isFile() ? readable(path, () => openAsBlob(path)) : new Blob([await this.#bytes(path)])
  }

  async #bytes(path: string): Promise<Buffer<ArrayBuffer>> {
    if (path !== '-') {
      const file = await readable(path, () => open(path))
      return readable(path, () => gather(path, file.createReadStream()))
    }
    if (this.#drained) throw new AppError('configuration', 'Standard input can be read for one input only')
    this.#drained = true
    return gather(path, this.#terminal.input)
  }
}

async function gather(path: string, source: AsyncIterable<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > MOST_BYTES) throw new AppError('invalid', `${nameOf(path)} is too long: it has more than 100 MB`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function nameOf(path: string): string {
  return path === '-' ? 'Standard input' : path
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('invalid', `The file ${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}
