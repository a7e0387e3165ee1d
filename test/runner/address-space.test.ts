import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { withinAddressSpace } from '../../src/runner/address-space.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'

const GIBIBYTE = 2 ** 30

/** Sets memory aside in pieces until it has a number of MiB or can get no more, and prints how much that is. */
const TAKES = `const pieces: Buffer[] = []
try {
  while (pieces.length * 64 < Number(process.argv[2])) pieces.push(Buffer.alloc(64 * 2 ** 20))
} catch {}
console.log(pieces.length * 64)`

/** How many MiB a program gets that wants so many. */
async function take(wanted: number, bytes: number): Promise<number> {
  const dir = testFolder()
  writeFiles(dir, { 'takes.ts': TAKES })
  const [file = '', ...args] = withinAddressSpace(bytes, [process.execPath, join(dir, 'takes.ts'), String(wanted)])
  const { stdout } = await promisify(execFile)(file, args, { env: { ...process.env, NODE_COMPILE_CACHE: undefined } })
  return Number(stdout)
}

test('a program that wants more than there is gets an error, and goes on', async () => {
  const got = await take(16 * 1024, 4.5 * GIBIBYTE)
  expect(got).toBeGreaterThan(512)
  expect(got).toBeLessThan(9 * 1024)
})

test.each([0.5, 1, 2, 4])(
  'a program in TypeScript gets the %f GiB that it may have beside 4 GiB for the rest',
  async (limit) => {
    expect(await take(limit * 1024, (limit + 4) * GIBIBYTE)).toBe(limit * 1024)
  },
)

test('the command becomes the process that was started, with its arguments as they are', async () => {
  const shown = 'console.log(JSON.stringify([process.pid, ...process.argv.slice(1)]))'
  const odd = ['two words', '$HOME', "it's", '"quoted"', '', '*']
  const [file = '', ...args] = withinAddressSpace(8 * GIBIBYTE, [process.execPath, '-e', shown, ...odd])
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  expect(JSON.parse(String(text))).toEqual([child.pid, ...odd])
})
