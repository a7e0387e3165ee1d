/** What is known about a file that somebody has uploaded. */
export interface FileRecord {
  id: string
  account: string
  /** As it is shown; never a path. */
  name: string
  contentType: string
  /** Bytes. */
  size: number
  /** Lowercase hex. */
  sha256: string
  md5: string
  /** Whatever the client wants to remember with it. */
  metadata: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  createdAt: number
  expiresAt: number
}

export interface StoredFile extends FileRecord {
  /** Where its bytes lie; others may link to them, because they never change. */
  path: string
}
