/** How fast the storyteller writes without a server: its own code in a loop. Prints tokens per second. */
import { registerHooks } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const TOKENS = 300
const ROUNDS = 5

const MODEL_API = new URL('../src/models/define-model.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'reprise/model' ? { url: MODEL_API, shortCircuit: true } : next(specifier, context),
})
const { default: storyteller } = await import('../models/reprise/storyteller/predict.ts')
const { loadSession } = await import('../src/runner/engine.ts')

const dir = fileURLToPath(new URL('../models/reprise/storyteller', import.meta.url))
const settings = {
  threads: availableParallelism(),
  devices: [{ provider: 'cpu' as const }],

  options: {},
}
const setup = {
  path: (file: string) => `${dir}/${file}`,
  session: (file: string) => loadSession(dir, file, settings, { log() {}, onDevice() {} }),
  log() {},
}
const state = await storyteller.setup?.(setup)
if (!state) throw new Error('The storyteller has no setup')
const input = { prompt: 'Once upon a time', max_tokens: TOKENS, temperature: 0.8, top_k: 20, seed: 7 }
const rates: number[] = []
for (let i = 0; i < ROUNDS; i++) {
  const begin = performance.now()
  let tokens = 0
  const context = {
    ...setup,
    state,
    signal: new AbortController().signal,
    file: () => {
      throw new Error('The storyteller gives out no files')
    },
    metric: (name: string, value: number) => {
      if (name === 'output_token_count') tokens = value
    },
  }
  const tale = storyteller.predict(input, context)
  if (!(Symbol.asyncIterator in tale)) throw new Error('The storyteller does not stream')
  for await (const _ of tale);
  rates.push(tokens / ((performance.now() - begin) / 1000))
}
process.stdout.write(`${rates.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]}\n`)
