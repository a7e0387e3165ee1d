import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** A folder when it ends with a slash. */
  path: string | Buffer
  content?: Uint8Array
  deflated?: boolean
  encrypted?: boolean
  /** Of a symbolic link, `content` is where it leads to. */
  isLink?: boolean
  /** What the zip says that the entry unpacks to, when that is not so. */
  declaredBytes?: number
}

const UTF8 = 0x800

/** A zip with these entries, also such as no honest program makes. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, central } = headersOf(entry, offset)
    locals.push(local)
    centrals.push(central)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

function headersOf(entry: ZipEntry, offset: number): { local: Buffer; central: Buffer } {
  const { path, content = Buffer.alloc(0), deflated = false, encrypted = false, isLink = false } = entry
  const name = Buffer.from(path)
  const packed = deflated ? deflateRawSync(content) : content
  // Encrypted content begins with 12 bytes of its own.
  const data = encrypted ? Buffer.concat([Buffer.alloc(12), packed]) : packed
  const facts = Buffer.alloc(26)
  facts.writeUInt16LE(20, 0)
  facts.writeUInt16LE((typeof path === 'string' ? UTF8 : 0) | (encrypted ? 1 : 0), 2)
  facts.writeUInt16LE(deflated ? 8 : 0, 4)
  facts.writeUInt32LE(crc32(content), 10)
  facts.writeUInt32LE(data.length, 14)
  facts.writeUInt32LE(entry.declaredBytes ?? content.length, 18)
  facts.writeUInt16LE(name.length, 22)
  const unixMode = isLink ? 0o120777 : 0o100644
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(unixMode * 2 ** 16, 6)
  rest.writeUInt32LE(offset, 10)
  return {
    local: Buffer.concat([signature(0x04034b50), facts, name, data]),
    central: Buffer.concat([signature(0x02014b50), Buffer.of(20, 3), facts, rest, name]),
  }
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
