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
    if (headers.host !== undefined && !allowed.has(hostname.toLowerCase()))
      throw new AppError(
        'forbidden',
        `The host "${hostname}" is not served without tokens; set REPRISE_API_TOKENS or REPRISE_PUBLIC_URL`,
      )
    if (routeOptions.config.capability) return
    const { origin, 'sec-fetch-site': site } = headers
    if (site === 'cross-site' || (origin !== undefined && !isOwn(origin, allowed)))
      throw new AppError(
        'forbidden',
        'Requests from other web pages are refused without tokens; set REPRISE_API_TOKENS',
      )
  }
}

function isOwn(origin: string, allowed: ReadonlySet<string>): boolean {
  return URL.canParse(origin) && allowed.has(new URL(origin).hostname)
}
