import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface Options {
  /** The same seed gives the same requests, apart from the ids of what the server makes. */
  seed: number
  requests: number
  clients: number
  /** The one request that is sent, if it is not to be all of them. */
  only: number | undefined
}

/** @throws Error that says what is wrong with the command line */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      requests: { type: 'string' },
      clients: { type: 'string' },
      only: { type: 'string' },
    },
  })
  return {
    seed: values.seed === undefined ? randomInt(2 ** 32) : whole('--seed', values.seed),
    requests: whole('--requests', values.requests ?? '20000'),
    clients: whole('--clients', values.clients ?? '12'),
    only: values.only === undefined ? undefined : whole('--only', values.only),
  }
}

function whole(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`${name} is "${text}", but has to be a whole number`)
}
