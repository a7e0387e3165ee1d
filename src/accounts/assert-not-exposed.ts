import { isLoopback } from '../config/loopback.ts'
import { AppError } from '../errors.ts'

/**
 * A server that lets everybody in listens only where nobody else reaches it.
 * @throws AppError `configuration`
 */
export function assertNotExposed(host: string, tokens: { open: boolean }): void {
  if (!tokens.open || isLoopback(host)) return
  throw new AppError(
    'configuration',
    `REPRISE_HOST is "${host}", which others can reach, and there are no tokens; set REPRISE_API_TOKENS (for example alice:some-secret), or listen on 127.0.0.1, where "reprise token create local" makes one`,
  )
}
