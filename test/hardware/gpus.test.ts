import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findGpus } from '../../src/hardware/gpus.ts'
import { testFolder } from '../support/temporary.ts'

/** What is found, and what is told, with a driver that behaves like this. */
async function find(nvidiaSmi: string | undefined, variables: NodeJS.ProcessEnv = {}, patienceMs = 5_000) {
  const bin = testFolder()
  if (nvidiaSmi !== undefined) writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\n${nvidiaSmi}\n`, { mode: 0o755 })
  const faults: string[] = []
  const gpus = await findGpus({ PATH: bin, ...variables }, (fault) => faults.push(fault), patienceMs)
  return { names: gpus.map(({ name }) => name), faults }
}

const TWO = 'echo "0, GPU-aa, Tesla T4, 15360"; echo "1, GPU-bb, NVIDIA A40, 46068"'

test('the GPUs that the driver names are found', async () => {
  expect(await find(TWO)).toEqual({ names: ['Tesla T4', 'NVIDIA A40'], faults: [] })
})

test('those that the environment hides are not', async () => {
  expect(await find(TWO, { CUDA_VISIBLE_DEVICES: '1' })).toEqual({ names: ['NVIDIA A40'], faults: [] })
})

test('a machine without the driver has none', async () => {
  expect(await find(undefined)).toEqual({ names: [], faults: [] })
})

test('a driver that fails has none, and what it says is told', async () => {
  expect(await find('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18')).toEqual({
    names: [],
    faults: ['nvidia-smi failed: Failed to initialize NVML: Driver/library version mismatch'],
  })
})

test('a driver that does not answer is not waited for', async () => {
  expect(await find('while :; do :; done', {}, 100)).toEqual({
    names: [],
    faults: ['nvidia-smi did not answer within 0.1 s'],
  })
})
