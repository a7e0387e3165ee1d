import { type Static, Type } from '@sinclair/typebox'
import type { FileRecord } from './file.ts'

const Time = Type.String({ format: 'date-time' })

/** A file on the wire (replicate-api.md 7.1). */
export const WireFile = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    content_type: Type.String(),
    size: Type.Integer({ description: 'Bytes.' }),
    etag: Type.String({ description: 'MD5 of the content, in hex.' }),
    checksums: Type.Object({ sha256: Type.String(), md5: Type.String() }),
    metadata: Type.Record(Type.String(), Type.Unknown(), { description: 'As it was sent.' }),
    created_at: Time,
    expires_at: Time,
    urls: Type.Object({
      get: Type.String({ description: 'This object; an input that holds this URL means the content.' }),
      download: Type.String({ description: 'The content; open to whoever has the URL, until the file expires.' }),
    }),
  },
  { $id: 'File' },
)

export type WireFile = Static<typeof WireFile>

/** The body of an upload, as far as a schema can tell it (replicate-api.md 7.2). */
export const UploadBody = Type.Object(
  {
    content: Type.String({ format: 'binary', description: 'The file itself, less than 100 MB.' }),
    filename: Type.Optional(Type.String({ maxLength: 255, description: 'Wins over the name that content has.' })),
    type: Type.Optional(Type.String({ description: 'Media type; wins over the one that content has.' })),
    metadata: Type.Optional(
      Type.Object(
        {},
        { additionalProperties: true, description: 'A JSON object, or texts in fields named metadata[key].' },
      ),
    ),
  },
  { $id: 'CreateFile' },
)

export const ListQuery = Type.Object({ cursor: Type.Optional(Type.String()) })

export const DownloadQuery = Type.Object({
  owner: Type.String({ description: 'Account that uploaded the file.' }),
  expiry: Type.String({ description: 'Unix time in seconds at which the URL stops working.' }),
  signature: Type.String({ description: 'HMAC-SHA256 of `{owner} {id} {expiry}`, in base64.' }),
})

export type DownloadQuery = Static<typeof DownloadQuery>

export function toWire(f: FileRecord, origin: string, query: DownloadQuery): WireFile {
  const url = `${origin}/v1/files/${f.id}`
  return {
    id: f.id,
    name: f.name,
    content_type: f.contentType,
    size: f.size,
    etag: f.md5,
    checksums: { sha256: f.sha256, md5: f.md5 },
    metadata: { ...f.metadata },
    created_at: new Date(f.createdAt).toISOString(),
    expires_at: new Date(f.expiresAt).toISOString(),
    urls: { get: url, download: `${url}/download?${new URLSearchParams(query)}` },
  }
}
