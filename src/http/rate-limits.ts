import rateLimiting from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RateLimit } from '../config/values.ts'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

const WINDOW_MS = 60_000
/** A clock that goes back by more has been set. */
const CORRECTION_MS = 1_000

type Limiter = ReturnType<FastifyInstance['createRateLimit']>

/** How many more requests are taken in this window, and how long that lasts. */
interface Standing {
  most: number
  remaining: number
  resetSeconds: number
  exceeded: boolean
}

/**
 * Counts the requests of each account, and of all together, in windows of a minute: of 5,000 accounts at most, those that
 * came last. Nothing is counted of what needs no account; where nothing is limited, nothing is done for a request.
 */
export function limitRates(
  app: FastifyInstance,
  { rateLimit, globalRateLimit }: Pick<Config, 'rateLimit' | 'globalRateLimit'>,
): void {
  const limits = [rateLimit, globalRateLimit].flatMap(({ creates, others }) => [creates, others])
  if (limits.every((limit) => limit === undefined)) return
  app.register(rateLimiting, { global: false })
  let limiters: Record<keyof RateLimit, Limiter[]> | undefined
  app.after(() => {
    const era = makeEra()
    const own = (max: number | undefined) => limiterOf(app, max, ({ account }) => `${era()} ${account.username}`)
    const all = (max: number | undefined) => limiterOf(app, max, () => String(era()))
    limiters = {
      creates: [...own(rateLimit.creates), ...all(globalRateLimit.creates)],
      others: [...own(rateLimit.others), ...all(globalRateLimit.others)],
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    const { capability, open, creates } = request.routeOptions.config
    if (capability || open || !limiters) return
    let least: Standing | undefined
    for (const limiter of limiters[creates ? 'creates' : 'others']) {
      const standing = standingOf(await limiter(request))
      if (standing.exceeded || !least || standing.remaining < least.remaining) least = standing
      // What is refused to an account does not count for all.
      if (standing.exceeded) break
    }
    if (!least) return
    if (!isFiles(request)) tell(reply, least)
    if (least.exceeded) throw throttled(least)
  })
}

/** Windows go by the clock on the wall: when that is set back, all begin anew, instead of lasting until it has caught up. */
function makeEra(): () => number {
  let era = 0
  let last = 0
  return () => {
    const now = Date.now()
    if (now < last - CORRECTION_MS) era++
    last = now
    return era
  }
}

function limiterOf(
  app: FastifyInstance,
  max: number | undefined,
  keyGenerator: (request: FastifyRequest) => string,
): Limiter[] {
  if (max === undefined) return []
  return [app.createRateLimit({ max, timeWindow: WINDOW_MS, keyGenerator })]
}

function standingOf(result: Awaited<ReturnType<Limiter>>): Standing {
  // Nobody is on a list of those who are always allowed.
  if (result.isAllowed) return { most: 0, remaining: 0, resetSeconds: 0, exceeded: false }
  const { max, remaining, ttlInSeconds, isExceeded } = result
  return { most: max, remaining, resetSeconds: Math.max(1, ttlInSeconds), exceeded: isExceeded }
}

/** Answers about files do not tell (replicate-api.md 11.2). */
function isFiles({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/v1/files') ?? false
}

function tell(reply: FastifyReply, { most, remaining, resetSeconds }: Standing): void {
  reply.header('ratelimit-limit', String(most))
  reply.header('ratelimit-remaining', String(remaining))
  reply.header('ratelimit-reset', String(resetSeconds))
}

function throttled({ resetSeconds }: Standing): AppError {
  const message = `Request was throttled. Your rate limit resets in ~${resetSeconds}s.`
  return new AppError('throttled', message, { retryAfterSeconds: resetSeconds })
}
