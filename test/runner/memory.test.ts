import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { measureMemory } from '../../src/runner/memory.ts'

const MEBIBYTE = 2 ** 20

/** A process that holds so much more than it needs for itself. */
async function startHolder(mebibytes: number): Promise<{ pid: number; end(): Promise<void> }> {
  const code = `const held = Buffer.alloc(${mebibytes} * 2 ** 20, 1); console.log('held'); setInterval(() => held, 1e9)`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(createInterface({ input: child.stdout }), 'line')
  return {
    pid: child.pid ?? 0,
    async end() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

test('each process is measured by itself, with what it has written to', async () => {
  const [small, large] = [await startHolder(0), await startHolder(200)]
  const sizes = await measureMemory([small.pid, large.pid])
  const [smallSize = 0, largeSize = 0] = [sizes.get(small.pid), sizes.get(large.pid)]
  expect(smallSize).toBeGreaterThan(5 * MEBIBYTE)
  expect(smallSize).toBeLessThan(100 * MEBIBYTE)
  expect(Math.abs(largeSize - smallSize - 200 * MEBIBYTE)).toBeLessThan(20 * MEBIBYTE)
})

test('a process that is gone is left out', async () => {
  const [gone, other] = [await startHolder(0), await startHolder(0)]
  await gone.end()
  expect([...(await measureMemory([gone.pid, other.pid])).keys()]).toEqual([other.pid])
})

test('of nobody there is nothing', async () => {
  expect(await measureMemory([])).toEqual(new Map())
})
