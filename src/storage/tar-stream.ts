import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { Pack } from 'tar'

/** Of a file, so much is read at once. */
const PIECE_BYTES = 2 ** 18
/** Files that are looked at before their turn. */
const AHEAD = 32

/**
 * A folder as a tar, made as it is read, however many files it holds.
 * @param first files that come before all others
 */
export async function* tarOfFolder(dir: string, first: readonly string[]): AsyncGenerator<Uint8Array, void> {
  let ahead = 0
  let roomAgain = () => {}
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const pack = new Pack({
    cwd: dir,
    portable: true,
    maxReadSize: PIECE_BYTES,
    onWriteEntry: ({ absolute }) => {
      ahead--
      pack.statCache.delete(absolute)
      roomAgain()
    },
  })

  async function add(path: string): Promise<void> {
    const absolute = join(dir, path)
    const facts = await lstat(absolute)
    // Else the second name of a file is sent as a link to the first.
    facts.nlink = 1
    pack.statCache.set(absolute, facts)
    ahead++
    pack.add(path)
    if (ahead < AHEAD) return
    const room = Promise.withResolvers<void>()
    roomAgain = room.resolve
    await Promise.race([room.promise, failed.promise])
  }

  async function addAll(): Promise<void> {
    for (const path of first) await add(path)
    for await (const path of filesBelow(dir)) if (!first.includes(path)) await add(path)
    pack.end()
  }

  pack.on('error', failed.reject)
  addAll().catch(failed.reject)
  const pieces = pack[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), failed.promise])
      if (next.done) return
      yield next.value
    }
  } finally {
    failed.reject(new Error('Nobody reads it any more'))
    pack.destroy()
  }
}

async function* filesBelow(dir: string, below = ''): AsyncGenerator<string, void> {
  for await (const entry of await opendir(join(dir, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(dir, path)
    else yield path
  }
}
