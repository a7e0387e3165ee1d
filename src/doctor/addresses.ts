import { isLoopback } from '../config/loopback.ts'
import type { Config } from '../config.ts'
import { type Finding, orWell, problem, warning } from './finding.ts'

type Settings = Pick<Config, 'host' | 'port' | 'publicUrl' | 'trustProxy' | 'privateNetwork'>

/**
 * Settings that make sense each by itself, and surprise together.
 * @param open whether there are no tokens
 */
export function checkAddresses(settings: Settings, open: boolean): readonly Finding[] {
  const { host, port, publicUrl, trustProxy, privateNetwork } = settings
  const local = isLoopback(host)
  const publicName = publicUrl === undefined ? undefined : new URL(publicUrl)
  const isPublic = publicName !== undefined && !isLoopback(publicName.hostname.replace(/^\[(.*)\]$/, '$1'))
  const faults: Finding[] = []
  if (open && !local)
    faults.push(
      problem(
        `REPRISE_HOST is "${host}", which others can reach, and there are no tokens: the server does not start`,
        'set REPRISE_API_TOKENS, or listen on 127.0.0.1, where "reprise token create local" makes one',
      ),
    )
  if (open && local && (isPublic || trustProxy))
    faults.push(
      warning(
        'there are no tokens: whoever reaches the server through a proxy may do everything',
        'make a token with "reprise token create local", or set REPRISE_API_TOKENS',
      ),
    )
  if (!open && isPublic && publicName.protocol === 'http:')
    faults.push(
      warning(
        `REPRISE_PUBLIC_URL is ${publicUrl}: tokens and files go over the network for everybody to read`,
        'put a proxy that speaks https in front, and set REPRISE_PUBLIC_URL to its https address',
      ),
    )
  if (!open && !local && publicUrl === undefined && !trustProxy)
    faults.push(
      warning(
        `others reach the server on ${host} over plain http, which shows tokens to everybody on the way`,
        'put a proxy that speaks https in front, and set REPRISE_PUBLIC_URL to its address',
      ),
    )
  if (trustProxy && !local)
    faults.push(
      warning(
        `REPRISE_TRUST_PROXY is on, and others can reach ${host} without the proxy and say in X-Forwarded-* what they like`,
        'let nobody but the proxy reach the port, or switch it off and set REPRISE_PUBLIC_URL',
      ),
    )
  if (privateNetwork && (isPublic || trustProxy))
    faults.push(
      warning(
        'callers from elsewhere can make the server reach private addresses',
        'set REPRISE_PRIVATE_NETWORK to off',
      ),
    )
  return orWell(faults, `${host}, port ${port}${publicUrl === undefined ? '' : `, known as ${publicUrl}`}`)
}
