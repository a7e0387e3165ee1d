import { expect, test } from 'vitest'
import { createOnFirst } from '../../src/runner/choose-provider.ts'
import { deviceName, type ProviderChoice } from '../../src/runner/execution-provider.ts'

const CPU: ProviderChoice = { provider: 'cpu' }
const CUDA: ProviderChoice = { provider: 'cuda', deviceId: 1 }
const WEBGPU: ProviderChoice = { provider: 'webgpu' }
const NO_LIBRARY = 'Failed to load library /opt/ort/libcuda_provider.so\nand more'
const NO_ADAPTER = 'x was false. No supported adapters'
const NO_OPERATOR = 'Could not find an implementation for Foo'
const BROKEN_FILE = 'Load model from /p/net.onnx failed:Protobuf parsing failed.'

/** @param faults what each device answers, where it is not a session */
async function choose(choices: readonly ProviderChoice[], faults: Record<string, string>) {
  const [tried, lines]: [string[], string[]] = [[], []]
  const create = async (choice: ProviderChoice) => {
    const name = deviceName(choice)
    tried.push(name)
    const fault = faults[name]
    if (fault !== undefined) throw new Error(fault)
    return `session on ${name}`
  }
  const result = createOnFirst('net.onnx', choices, create, (line) => lines.push(line))
  const outcome = await result.then(
    ({ session }) => session,
    ({ message }) => String(message),
  )
  return { outcome, tried, lines }
}

test('the first choice that can be had is taken without a word', async () => {
  expect(await choose([CUDA, CPU], {})).toEqual({ outcome: 'session on cuda:1', tried: ['cuda:1'], lines: [] })
})

test('one line tells every choice that could not be had, why, and what is used instead', async () => {
  const faults = { 'cuda:1': NO_LIBRARY, webgpu: NO_ADAPTER }
  expect(await choose([CUDA, WEBGPU, CPU], faults)).toEqual({
    outcome: 'session on cpu',
    tried: ['cuda:1', 'webgpu', 'cpu'],
    lines: [
      'net.onnx runs on cpu: cuda:1 is not available (Failed to load library libcuda_provider.so), webgpu is not available (No supported adapters)',
    ],
  })
})

test('without the CPU among the choices there is no fallback; the error tells why and how to mend it', async () => {
  expect(await choose([CUDA], { 'cuda:1': NO_LIBRARY })).toEqual({
    outcome:
      'net.onnx cannot run where execution_providers of model.yaml wants it: cuda:1 is not available (Failed to load library libcuda_provider.so); add cpu to the list, or let `npm run check:gpu` tell what is missing',
    tried: ['cuda:1'],
    lines: [],
  })
})

test.each([
  ['on the CPU alone', [CPU], { cpu: NO_OPERATOR }, NO_OPERATOR, ['cpu']],
  ['on the CPU after a GPU', [CUDA, CPU], { 'cuda:1': NO_LIBRARY, cpu: NO_OPERATOR }, NO_OPERATOR, ['cuda:1', 'cpu']],
  ['on the CPU before a GPU', [CPU, CUDA], { 'cuda:1': NO_LIBRARY, cpu: NO_OPERATOR }, NO_OPERATOR, ['cpu', 'cuda:1']],
  ['by its file, on a GPU', [CUDA, CPU], { 'cuda:1': BROKEN_FILE }, BROKEN_FILE, ['cuda:1']],
])('a fault of the model, found %s, is told as it is', async (_, choices, faults, outcome, tried) => {
  expect(await choose(choices, faults)).toEqual({ outcome, tried, lines: [] })
})
