import type { MultipartFile } from '@fastify/multipart'
import { AppError, invalidFields } from '../errors.ts'
import { assertShallow } from '../http/nesting.ts'
import { isRecord } from '../is-record.ts'
import { parseContentType } from './content-type.ts'
import { parseFileName } from './file-name.ts'
import type { Checksums } from './receive-file.ts'

/** Everything but the content is short. */
const LONGEST_FIELD_BYTES = 2 ** 16
const MOST_PARTS = 100

/** Content that is on the disk. */
export interface ReceivedFile extends Checksums {
  /** Bytes. */
  size: number
}

/** What a client has uploaded. */
export interface Upload {
  content: ReceivedFile
  name: string
  contentType: string | undefined
  metadata: Record<string, unknown>
}

/** Stores what comes. */
export type Receive = (source: AsyncIterable<Uint8Array>) => Promise<ReceivedFile>

interface Content {
  received: ReceivedFile
  filename: string
  contentType: string
}

/**
 * Reads the parts of an upload, in whatever order and form the clients send them (replicate-api.md 7.2); the content goes
 * to `receive` as it comes.
 * @throws AppError `invalid` with the field that is wrong, `malformed` for a body that is no whole multipart body
 */
export async function readUpload(parts: AsyncIterable<MultipartFile>, receive: Receive): Promise<Upload> {
  const fields = new Map<string, string>()
  let content: Content | undefined
  let count = 0
  for await (const part of wellFormed(parts)) {
    if (++count > MOST_PARTS) throw new AppError('invalid', `An upload has at most ${MOST_PARTS} parts`)
    const name: string | undefined = part.fieldname
    if (name === undefined)
      throw new AppError('malformed', 'A part of the body has no name; every part has to have one')
    if (name !== 'content') {
      const bytes = await readField(part)
      if (isKnown(name)) fields.set(name, parseText(name, bytes))
    } else if (content) throw invalidContent('array_max_items', 'Must be given once')
    else content = await receiveContent(part, receive)
  }
  if (!content) throw invalidFields([{ type: 'required', field: '', description: 'content is required' }])
  return {
    content: content.received,
    // Browsers write a quote so in the header of a part.
    name: parseFileName(fields.get('filename') ?? content.filename.replaceAll('%22', '"')),
    contentType: parseType(fields.get('type')) ?? parseContentType(content.contentType),
    metadata: parseMetadata(fields),
  }
}

function isKnown(field: string): boolean {
  return field === 'filename' || field === 'type' || field.startsWith('metadata')
}

async function receiveContent(part: MultipartFile, receive: Receive): Promise<Content> {
  const filename: string | undefined = part.filename
  if (filename === undefined && part.mimetype !== 'application/octet-stream')
    throw invalidContent('invalid_type', 'Invalid type. Expected: file, given: string')
  const received = await receive(wellFormed(part.file))
  return { received, filename: filename ?? '', contentType: part.mimetype }
}

function invalidContent(type: string, description: string): AppError {
  return invalidFields([{ type, field: 'content', description }])
}

async function readField({ fieldname, file }: MultipartFile): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of wellFormed<Buffer>(file)) {
    size += piece.length
    if (size > LONGEST_FIELD_BYTES) throw tooLong(fieldname)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function parseText(field: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalidFields([{ type: 'format', field, description: 'Must be valid UTF-8' }])
  }
}

function tooLong(field: string): AppError {
  return invalidFields([{ type: 'string_lte', field, description: `Must be at most ${LONGEST_FIELD_BYTES} bytes` }])
}

/** Clients that know no type leave the field out or empty. */
function parseType(text: string | undefined): string | undefined {
  if (!text) return
  const type = parseContentType(text)
  if (type) return type
  throw invalidFields([{ type: 'format', field: 'type', description: "Does not match format 'type/subtype'" }])
}

/** A JSON object in `metadata`, and texts in `metadata[key]`. */
function parseMetadata(fields: ReadonlyMap<string, string>): Record<string, unknown> {
  const json = fields.get('metadata')
  let metadata = json === undefined ? {} : parseObject(json)
  for (const [field, value] of fields) {
    const key = /^metadata\[(.*)\]$/s.exec(field)?.[1]
    if (key === undefined) continue
    if (/^$|[[\]]/.test(key)) throw invalidMetadata(field, 'Must name one key; send nested metadata as JSON')
    metadata = { ...metadata, [key]: value }
  }
  if (JSON.stringify(metadata).length > LONGEST_FIELD_BYTES) throw tooLong('metadata')
  return metadata
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw invalidMetadata('metadata', 'Must be a JSON object')
  }
  assertShallow(value)
  if (isRecord(value)) return value
  throw invalidMetadata('metadata', 'Must be a JSON object')
}

function invalidMetadata(field: string, description: string): AppError {
  return invalidFields([{ type: 'format', field, description }])
}

/** Everything that breaks between the client and here is the body's fault, or its sudden end. */
async function* wellFormed<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item, void> {
  try {
    yield* source
  } catch (error) {
    throw new AppError('malformed', 'The body is no whole multipart/form-data body; its parts or its end are missing', {
      cause: error,
    })
  }
}
