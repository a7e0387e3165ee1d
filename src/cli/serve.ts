import { compose } from '../compose.ts'
import { readConfig } from '../config.ts'
import type { Command } from './command.ts'

/** Runs the server until it is asked to stop. */
export const serve: Command = async (args, { environment, print, stopped }) => {
  const starting = compose(readConfig(args, environment), environment)
  const server = await Promise.race([starting, stopped])
  if (!server) return
  print(`reprise listening on ${server.address}`)
  await stopped
  await server.close()
}
