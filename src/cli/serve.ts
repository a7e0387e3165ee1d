import { compose } from '../compose.ts'
import { readConfig } from '../config.ts'

/** Runs the server until SIGTERM or SIGINT; a second signal ends it at once. */
export async function serve(args: readonly string[]): Promise<void> {
  const config = readConfig(args, process.env)
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  const server = await compose(config, process.env)
  process.stdout.write(`reprise listening on ${server.address}\n`)
  await stop
  await server.close()
  process.exit(0)
}
