/** Archives with whatever in them, also what no honest tool writes. */
import { Header } from 'tar'

interface Entry {
  path: string
  content?: string | Uint8Array
  type?: NonNullable<Header['type']>
  linkpath?: string
  /** What the header says, if not the truth. */
  size?: number
}

const BLOCK = 512

/** A tar archive of entries as they are given. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = 'File', linkpath, size }) => {
    const bytes = Buffer.from(content)
    const header = new Header({
      path,
      mode: 0o644,
      size: size ?? bytes.length,
      mtime: new Date(0),
      ...(type === undefined ? {} : { type }),
      ...(linkpath === undefined ? {} : { linkpath }),
    })
    const block = Buffer.alloc(BLOCK)
    header.encode(block)
    return [block, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

/** A tar archive of files by their paths. */
export function tarOfFiles(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return tarOf(Object.entries(files).map(([path, content]) => ({ path, content })))
}
