/**
 * A server is sent whatever may come over HTTP: sensible requests of each route, the same with damage, and connections
 * that know nothing of HTTP. It answers all of them as it should or ends the connection, stays as large as it was, and
 * shows nobody what is somebody else's. `npm run fuzz` does the same for longer.
 */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { Findings } from '../../scripts/fuzz/findings.ts'
import { fuzz } from '../../scripts/fuzz/fuzz.ts'
import { testFolder } from '../support/temporary.ts'

const REQUESTS = 6_000
const PATIENCE_MS = 300_000

test(
  `${REQUESTS} requests of all kinds`,
  async () => {
    const seed = Number(process.env.SEED ?? randomInt(2 ** 32))
    process.stdout.write(`the fuzz: SEED=${seed}\n`)
    const findings = new Findings(seed)
    const options = { seed, requests: REQUESTS, clients: 12, only: undefined }
    const { outcomes, conversations, successes } = await fuzz(options, testFolder(), findings)
    expect(findings.texts).toEqual([])
    // Less is counted where nobody could be connected to.
    expect(outcomes.total + conversations.total).toBe(REQUESTS)
    // The damage is not such that nothing deep inside is ever reached.
    expect(successes.entries().length).toBeGreaterThan(30)
  },
  PATIENCE_MS,
)
