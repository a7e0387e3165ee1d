import type { Command } from './die-with-the-server.ts'

const KIB = 1024

/** The command, started so that it gets no more address space; where the system knows no such limit, as it is. */
export function withinAddressSpace(bytes: number, command: Command): Command {
  if (process.platform !== 'linux') return command
  return ['/bin/sh', '-c', 'ulimit -v "$0" && exec "$@"', String(Math.ceil(bytes / KIB)), ...command]
}
