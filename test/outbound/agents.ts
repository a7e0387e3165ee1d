import type { LookupAddress } from 'node:dns'
import { onTestFinished } from 'vitest'
import { type AddressClass, classifyAddress } from '../../src/outbound/address.ts'
import { type GuardedAgentOptions, guardedAgent } from '../../src/outbound/guarded-agent.ts'

/** An agent that ends with the test. */
export function testAgent(options: GuardedAgentOptions): ReturnType<typeof guardedAgent> {
  const agent = guardedAgent(options)
  onTestFinished(() => agent.destroy())
  return agent
}

/** Stands for an address of the internet: it is on this machine, but agents of tests take it for public. */
export const PUBLIC = '127.0.0.2'

/** Only public addresses may be reached, `PUBLIC` among them, under the names that are given here. */
export function publicAgent(names: Record<string, string[]> = {}): ReturnType<typeof guardedAgent> {
  return testAgent({ privateNetwork: false, lookup: lookupIn(names), classify: publicInTests })
}

export function publicInTests(address: string): AddressClass {
  return address === PUBLIC ? 'public' : classifyAddress(address)
}

export function lookupIn(names: Record<string, string[]>): NonNullable<GuardedAgentOptions['lookup']> {
  return (name, _options, callback) => {
    const found: LookupAddress[] | undefined = names[name]?.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
    process.nextTick(() => callback(found ? null : error, found ?? []))
  }
}
