const BOUNDARY = '----reprise-test-boundary'

export interface Part {
  name: string
  filename?: string
  type?: string
  content: string | Buffer
}

export const MULTIPART = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }

/** What stands before the content of a part. */
export function partHead({ name, filename, type }: Omit<Part, 'content'>): string {
  const shownName = filename === undefined ? '' : `; filename="${filename}"`
  const shownType = type === undefined ? '' : `Content-Type: ${type}\r\n`
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${shownName}\r\n${shownType}\r\n`
}

export const MULTIPART_END = `\r\n--${BOUNDARY}--\r\n`

/** A body made byte by byte, for what no client at hand sends. */
export function multipartBody(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap((part, index) => [
    Buffer.from((index === 0 ? '' : '\r\n') + partHead(part)),
    Buffer.from(part.content),
  ])
  return Buffer.concat([...pieces, Buffer.from(MULTIPART_END)])
}
