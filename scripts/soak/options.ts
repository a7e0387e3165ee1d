import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface Options {
  minutes: number
  /** The same seed gives each client the same choices; what comes of them depends on time too. */
  seed: number
  clients: number
}

/** @throws Error that says what is wrong with the command line */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, clients: { type: 'string' } },
  })
  return {
    minutes: positive('--minutes', values.minutes ?? '5'),
    seed: values.seed === undefined ? randomInt(2 ** 32) : whole('--seed', values.seed),
    clients: whole('--clients', values.clients ?? '8'),
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`${name} is "${text}", but has to be a number above 0`)
}

function whole(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`${name} is "${text}", but has to be a whole number`)
}
