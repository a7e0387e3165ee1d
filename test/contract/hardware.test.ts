import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'

const NO_MODELS = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }
const CPU = { name: 'CPU', sku: 'cpu' }

test('GET /v1/hardware is a bare list that begins with the processor', async () => {
  const { call, client } = await testServer(NO_MODELS)
  const response = await call('GET', '/v1/hardware')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  const list = await response.json()
  expect(list).toEqual(expect.arrayContaining([CPU]))
  expect(await client.hardware.list()).toEqual(list)
})

test('it names each kind of GPU that the server may use', async () => {
  const bin = testFolder()
  const lines = [
    '0, GPU-aa, NVIDIA A40, 46068',
    '1, GPU-bb, NVIDIA H100 80GB HBM3, 81559',
    '2, GPU-cc, Tesla T4, 15360',
  ]
  const script = `#!/bin/sh\n${lines.map((line) => `echo "${line}"`).join('\n')}\n`
  writeFileSync(join(bin, 'nvidia-smi'), script, { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '2,1')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { call } = await testServer(NO_MODELS)
  const response = await call('GET', '/v1/hardware')
  expect(await response.json()).toEqual([
    CPU,
    { name: 'Tesla T4', sku: 'gpu-t4' },
    { name: 'NVIDIA H100 80GB HBM3', sku: 'gpu-h100' },
  ])
})

test('it needs a token like the others', async () => {
  const { call } = await testServer({ ...NO_MODELS, API_TOKENS: 'alice:r8_alice' })
  expect((await call('GET', '/v1/hardware')).status).toBe(401)
  const response = await call('GET', '/v1/hardware', { headers: { authorization: 'Bearer r8_alice' } })
  expect(response.status).toBe(200)
})
