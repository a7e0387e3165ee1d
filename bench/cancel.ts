import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { jsonOf } from './json.ts'
import { cooperativePackage, endlessPackage } from './packages.ts'
import { removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, ms, percentile, title } from './report.ts'

const CANCELS = 50
const RUN_MS = 50

interface Runner {
  state: string
  model: string | null
  pid: number | null
}

/** From the request to cancel to its answer, and to the moment when the core is free for others. */
export async function cancel(): Promise<void> {
  title(
    `cancel, ${CANCELS} times each (aim: core free within 20 ms where the model looks, within 700 ms where it cannot)`,
  )
  const dir = temporaryFolder()
  const modelsDir = `${dir}/models`
  const names = [cooperativePackage(modelsDir), endlessPackage(modelsDir)]
  const server = await startReprise(dir, [
    '--models-dir',
    modelsDir,
    '--bundled-models',
    'off',
    // That runners are killed is what is measured.
    '--log-level',
    'error',
  ])
  const { address } = server
  try {
    line('', 'answer p50', 'answer p99', 'free p50', 'free p99')
    for (const name of names) {
      const answers: number[] = []
      const frees: number[] = []
      for (let i = 0; i < CANCELS; i++) {
        const { id } = await call(`${address}/v1/models/${name}/predictions`, '{"input":{}}')
        await begun(address, id)
        const { pid } = await runnerOf(address, name)
        await sleep(RUN_MS)
        const begin = performance.now()
        await call(`${address}/v1/predictions/${id}/cancel`, '')
        answers.push(performance.now() - begin)
        await freed(address, name, pid)
        frees.push(performance.now() - begin)
      }
      line(name, ...[answers, frees].flatMap((times) => [50, 99].map((percent) => ms(percentile(times, percent)))))
    }
  } finally {
    await server.stop()
    removeFolder(dir)
  }
}

async function call(url: string, body: string): Promise<{ id: string }> {
  return jsonOf(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }))
}

async function begun(address: string, id: string): Promise<void> {
  for (;;) {
    const { status } = await jsonOf<{ status: string }>(fetch(`${address}/v1/predictions/${id}`))
    if (status !== 'starting') return
    await sleep(1)
  }
}

async function runnersOf(address: string, name: string): Promise<Runner[]> {
  const { results } = await jsonOf<{ results: Runner[] }>(fetch(`${address}/v1/runners`))
  return results.filter(({ model }) => model === name)
}

async function runnerOf(address: string, name: string): Promise<Runner> {
  const [runner] = await runnersOf(address, name)
  if (!runner) throw new Error(`${name} has no runner`)
  return runner
}

/** Waits until its process is gone, or has nothing to do. */
async function freed(address: string, name: string, pid: number | null): Promise<void> {
  while (existsSync(`/proc/${pid}`)) {
    const runners = await runnersOf(address, name)
    if (runners.some((runner) => runner.pid === pid && runner.state === 'idle')) return
    await sleep(1)
  }
}
