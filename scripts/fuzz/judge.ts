import { isRecord } from '../../src/is-record.ts'
import type { Answer } from './answer.ts'
import type { Who, World } from './world.ts'

/** From a backup operators may learn everything. */
const BACKUP_TYPE = 'application/x-tar'

/** Replicate answers a search for nothing in a shape of its own. */
const NO_QUERY = '{"detail":"Query parameter \\"query\\" is required"}'

/** What is wrong with an answer; undefined when nothing is. */
export function faultOf(
  answer: Answer,
  { who, target, method, secrets }: { who: Who | undefined; target: string; method: string } & Pick<World, 'secrets'>,
): string | undefined {
  const { status, headers, body } = answer
  const text = body.toString('latin1')
  const operator = who === 'alice'
  if (!(operator && headers['content-type'] === BACKUP_TYPE))
    for (const secret of secrets)
      if (text.includes(secret.text) && !(operator && secret.operatorsToo))
        return `tells what is carol's: ${secret.text}`
  if (status >= 500 && !(status === 503 && /^[1-9]\d*$/.test(headers['retry-after'] ?? '')))
    return `is a ${status}${status === 503 ? ' without Retry-After' : ''}: ${text.slice(0, 500)}`
  if (method === 'HEAD') return
  if (status >= 400) return status === 400 && text === NO_QUERY ? undefined : problemFault(answer)
  const type = headers['content-type'] ?? ''
  if (/^application\/json/.test(type) && !target.includes('/download') && !target.includes('/outputs/'))
    return parsed(text) === undefined ? `is no JSON: ${text.slice(0, 200)}` : undefined
  return
}

function problemFault({ status, headers, body }: Answer): string | undefined {
  const text = body.toString()
  if (headers['content-type'] !== 'application/problem+json')
    return `is a ${status} of type ${headers['content-type']}: ${JSON.stringify(text.slice(0, 200))}`
  const problem = parsed(text)
  if (!isRecord(problem)) return `is a ${status} that is no JSON object: ${JSON.stringify(text.slice(0, 200))}`
  if (typeof problem.detail !== 'string' || problem.detail === '') return `is a ${status} without a detail: ${text}`
  return problem.status === status ? undefined : `is a ${status} that calls itself ${problem.status}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
