import dns from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { AppError } from '../errors.ts'
import { classifyAddress } from './address.ts'

const CONNECT_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 60_000
/** Between two pieces of a body. */
const BODY_TIMEOUT_MS = 60_000
/** However long servers ask us to keep an idle connection. */
const LONGEST_IDLE_MS = 10_000
const CONNECTIONS_PER_ORIGIN = 16

type Lookup = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: dns.LookupAddress[]) => void,
) => void

export interface GuardedAgentOptions {
  /** Whether private and loopback addresses may be reached. */
  privateNetwork: boolean
  /** How names become addresses; tests give their own. */
  lookup?: Lookup
  /** What addresses are; tests give their own. */
  classify?: typeof classifyAddress
}

/**
 * An agent that checks each address where a socket is about to connect to it: names are resolved once, and the socket
 * gets the very addresses that were checked. A name of which one address is refused is refused. A refusal is an AppError
 * `invalid`. No proxy of the environment is used.
 */
export function guardedAgent({
  privateNetwork,
  lookup = dns.lookup,
  classify = classifyAddress,
}: GuardedAgentOptions): Agent {
  const refusalOf = (address: string, name?: string): AppError | undefined => {
    const found = classify(address)
    if (found === 'public' || (found === 'private' && privateNetwork)) return
    // What a name leads to is nobody's business who could not find out by himself.
    const where = name === undefined ? `the address ${address}` : `the address of ${name}`
    return new AppError(
      'invalid',
      found === 'private'
        ? `${where} is in a private network; REPRISE_PRIVATE_NETWORK=on allows it`
        : `${where} is link-local, multicast or a cloud's own, and is never allowed`,
    )
  }

  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
    // Makes the socket ask for all addresses of a name.
    autoSelectFamily: true,
    lookup: (name, options, callback) =>
      lookup(name, { ...options, all: true }, (error, found) => {
        const refused = error ?? found.map(({ address }) => refusalOf(address, name)).find((refusal) => refusal)
        callback(refused ?? null, found)
      }),
  })

  return new Agent({
    connect: (options, callback) => {
      // Sockets look nothing up for what is an address already.
      const refused = isIP(options.hostname) ? refusalOf(options.hostname) : undefined
      if (refused) callback(refused, null)
      else connect(options, callback)
    },
    connections: CONNECTIONS_PER_ORIGIN,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
    keepAliveMaxTimeout: LONGEST_IDLE_MS,
  })
}
