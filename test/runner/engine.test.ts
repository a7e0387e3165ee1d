import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test, vi } from 'vitest'
import { loadSession } from '../../src/runner/engine.ts'
import type { SessionSettings } from '../../src/runner/protocol.ts'
import { testFolder } from '../support/temporary.ts'

const PITCH = fileURLToPath(new URL('../../models/reprise/pitch/', import.meta.url))

// Its binaries tell Microsoft that they run, unless they are told not to before they are loaded.
beforeAll(() => void vi.stubEnv('ORT_DISABLE_TELEMETRY', '1'))

/** What a session ran on, and what was logged. */
async function load(settings: Partial<SessionSettings>, dir = PITCH, file = 'pitch.onnx') {
  const [devices, lines]: [string[], string[]] = [[], []]
  await loadSession(
    dir,
    file,
    { threads: 1, devices: [{ provider: 'cpu' }], options: {}, ...settings },
    { log: (line) => lines.push(line), onDevice: (device) => devices.push(device) },
  )
  return { devices, lines }
}

test('the CPU is taken without a word', async () => {
  expect(await load({})).toEqual({ devices: ['cpu'], lines: [] })
})

// Of a device that no machine has, whether or not the CUDA libraries are there.
test('a GPU that cannot be had is told in one line, and the CPU is used', async () => {
  const { devices, lines } = await load({ devices: [{ provider: 'cuda', deviceId: 99 }, { provider: 'cpu' }] })
  expect(devices).toEqual(['cpu'])
  expect(lines).toEqual([expect.stringMatching(/^pitch\.onnx runs on cpu: cuda:99 is not available \(.+\)$/)])
  expect(lines[0]).not.toMatch(/[\n/]/)
})

test('a package that asks for a GPU only is refused where there is none', async () => {
  await expect(load({ devices: [{ provider: 'cuda', deviceId: 99 }] })).rejects.toThrow(
    /^pitch\.onnx cannot run where .* cuda:99 is not available \(.+\); add cpu to the list/,
  )
})

test('execution providers among the session options of a package win', async () => {
  const options = { executionProviders: [{ name: 'cpu' }] }
  expect(await load({ devices: [{ provider: 'cuda', deviceId: 99 }], options })).toEqual({
    devices: ['cpu'],
    lines: [],
  })
})

test('a broken file is told as such, whatever it was to run on', async () => {
  const dir = testFolder()
  writeFileSync(join(dir, 'broken.onnx'), 'hello')
  const devices = [{ provider: 'cuda', deviceId: 99 } as const, { provider: 'cpu' } as const]
  await expect(load({ devices }, dir, 'broken.onnx')).rejects.toThrow(/^Load model from .*broken\.onnx failed/)
})

test('files outside the package are not loaded', async () => {
  const dir = testFolder()
  copyFileSync(join(PITCH, 'pitch.onnx'), join(dir, 'pitch.onnx'))
  await expect(load({}, join(dir, 'inner'), '../pitch.onnx')).rejects.toThrow('is not a file of the package')
})
