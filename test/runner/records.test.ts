import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { RunnerRecords } from '../../src/runner/records.ts'
import { isAlive } from '../support/processes.ts'
import { testFolder } from '../support/temporary.ts'

const silent = pino({ level: 'silent' })

/** A process that does nothing for a minute. */
async function startSleeper(): Promise<{ pid: number; ended: Promise<unknown[]> }> {
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  await once(child, 'spawn')
  return { pid: child.pid ?? 0, ended }
}

test('a runner that was recorded and still runs is killed by the next server', async () => {
  const dir = join(testFolder(), 'runners')
  const [first, second] = [await startSleeper(), await startSleeper()]
  const records = new RunnerRecords(dir, silent)
  records.add(first.pid)
  records.add(second.pid)
  const next = new RunnerRecords(dir, silent)
  expect(next.killLeftovers().sort()).toEqual([first.pid, second.pid].sort())
  expect(await first.ended).toEqual([null, 'SIGKILL'])
  expect(await second.ended).toEqual([null, 'SIGKILL'])
  expect(readdirSync(dir)).toEqual([])
  expect(next.killLeftovers()).toEqual([])
})

test('a runner that ended and was taken off is not looked for', async () => {
  const dir = testFolder()
  const { pid } = await startSleeper()
  const records = new RunnerRecords(dir, silent)
  records.add(pid)
  records.remove(pid)
  records.remove(pid)
  expect(new RunnerRecords(dir, silent).killLeftovers()).toEqual([])
  expect(isAlive(pid)).toBe(true)
})

test('somebody else who has the same pid by now is left alone', async () => {
  const dir = testFolder()
  const { pid } = await startSleeper()
  for (const recorded of ['1', '']) {
    writeFileSync(join(dir, String(pid)), recorded)
    expect(new RunnerRecords(dir, silent).killLeftovers()).toEqual([])
    expect(isAlive(pid)).toBe(true)
    expect(readdirSync(dir)).toEqual([])
  }
})

test('a runner that has ended is forgotten', async () => {
  const dir = testFolder()
  const { pid, ended } = await startSleeper()
  new RunnerRecords(dir, silent).add(pid)
  process.kill(pid, 'SIGKILL')
  await ended
  expect(new RunnerRecords(dir, silent).killLeftovers()).toEqual([])
  expect(readdirSync(dir)).toEqual([])
})

test('a zombie counts as gone', async () => {
  const dir = testFolder()
  // The shell becomes a program that never asks what became of its children.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: parent.stdout }), 'line')
  const pid = Number(line)
  new RunnerRecords(dir, silent).add(pid)
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => isAlive(pid)).toBe(false)
  expect(new RunnerRecords(dir, silent).killLeftovers()).toEqual([])
})
