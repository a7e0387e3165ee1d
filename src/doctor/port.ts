import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { errorCode } from '../error-code.ts'
import { messageOf } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

const PATIENCE_MS = 2_000
const ANY = new Set(['0.0.0.0', '::'])
const CHOOSE = 'set REPRISE_HOST and REPRISE_PORT to an address that is free'

export type PortState =
  | { type: 'free' }
  /** Somebody listens there. */
  | { type: 'taken'; byReprise: boolean }
  | { type: 'refused'; reason: string }

type Address = Pick<Config, 'host' | 'port'>

/** Listens for a moment, and where somebody does so already, asks who it is. */
export async function readPort({ host, port }: Address): Promise<PortState> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return { type: 'free' }
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') return { type: 'refused', reason: messageOf(error) }
    return { type: 'taken', byReprise: await isReprise({ host: ANY.has(host) ? '127.0.0.1' : host, port }) }
  }
}

/** Its description is open to everybody. */
async function isReprise({ host, port }: Address): Promise<boolean> {
  try {
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/openapi.json`
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const document: unknown = await response.json()
    return isRecord(document) && isRecord(document.info) && document.info.title === 'Reprise'
  } catch {
    return false
  }
}

/** @param locked whether a server uses the data folder */
export function judgePort({ host, port }: Address, state: PortState, locked: boolean): Finding {
  const place = `${host}:${port}`
  switch (state.type) {
    case 'refused':
      return problem(`nobody can listen on ${place}: ${state.reason}`, CHOOSE)
    case 'free':
      if (locked && port !== 0)
        return warning(
          `a server uses the data folder, but none listens on ${place}`,
          'give doctor the settings that the server has; if it has these, it is still starting, or has to be restarted',
        )
      return ok(port === 0 ? `any that is free on ${host}` : `${place} is free`)
    case 'taken':
      if (!state.byReprise) return problem(`something else than reprise listens on ${place}`, `end it, or ${CHOOSE}`)
      if (!locked) return problem(`a reprise with another data folder listens on ${place}`, `stop it, or ${CHOOSE}`)
      return ok(`reprise listens on ${place}`)
    default:
      return state satisfies never
  }
}
