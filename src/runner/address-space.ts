import type { Command } from './die-with-the-server.ts'

const KIB = 1024
/** V8 sets aside so much for a WebAssembly memory, such as the one that Node strips types with, and never uses it. */
const WEBASSEMBLY_BYTES = 4 * 2 ** 30

/** The command, started so that it can use no more address space; where the system knows no such limit, as it is. */
export function withinAddressSpace(bytes: number, command: Command): Command {
  if (process.platform !== 'linux') return command
  const kib = String(Math.ceil((bytes + WEBASSEMBLY_BYTES) / KIB))
  return ['/bin/sh', '-c', 'ulimit -v "$0" && exec "$@"', kib, ...command]
}
