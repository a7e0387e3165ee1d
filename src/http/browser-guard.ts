import type { FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Without tokens any web page that the user visits could drive the server, by a cross-site request or by a name that it
 * makes point to this machine (rules 6).
 * @throws AppError `forbidden` for a foreign Host or a foreign page.
 */
export function browserGuard(publicUrl: string | undefined): (request: FastifyRequest) => void {
  const allowed = new Set(LOCAL_HOSTS)
  if (publicUrl !== undefined) allowed.add(new URL(publicUrl).hostname)
  return ({ headers, hostname, routeOptions }) => {
    if (routeOptions.config.probe) return
    // Behind a trusted proxy `hostname` is what the proxy was asked for; the Host header is checked all the same.
    for (const name of [nameOf(headers.host), hostname.toLowerCase()])
      if (headers.host !== undefined && !allowed.has(name))
        throw new AppError(
          'forbidden',
          `The host "${name}" is not served without tokens; set REPRISE_API_TOKENS or REPRISE_PUBLIC_URL`,
        )
    if (routeOptions.config.capability) return
    const { origin, 'sec-fetch-site': site } = headers
    if (site === 'cross-site' || (origin !== undefined && !isOwn(origin, headers.host, publicUrl)))
      throw new AppError(
        'forbidden',
        'Requests from other web pages are refused without tokens; set REPRISE_API_TOKENS',
      )
  }
}

function nameOf(host: string | undefined): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}

/** A page of another port is another page. */
function isOwn(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  return origin === publicUrl || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase())
}
