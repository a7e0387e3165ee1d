import { setTimeout as sleep } from 'node:timers/promises'
import { type Memory, memoryOfTree, removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, title } from './report.ts'

const STARTS = 5
const IDLE_MS = 3_000

/** From the command to the first answer, and what an idle server with hello-world loaded holds. */
export async function start(): Promise<void> {
  title('start, and memory when idle')
  const dir = temporaryFolder()
  const times: number[] = []
  let memory: Memory | undefined
  for (let i = 0; i <= STARTS; i++) {
    const begin = performance.now()
    const server = await startReprise(dir)
    const listening = performance.now() - begin
    await predict(server.address)
    times.push(performance.now() - begin)
    if (i === 0)
      line(
        'first start, packages never seen',
        `${Math.round(times[0] ?? 0)} ms`,
        `listening ${Math.round(listening)} ms`,
      )
    if (i === STARTS && server.child.pid !== undefined) {
      await sleep(IDLE_MS)
      memory = memoryOfTree(server.child.pid)
    }
    await server.stop()
  }
  const later = times.slice(1)
  line(`later starts to the first prediction, median of ${STARTS}`, `${Math.round(median(later))} ms`)
  line(
    'proportional set size of server and runner',
    `${memory?.pssMib.toFixed(0)} MiB`,
    `${memory?.anonymousMib.toFixed(0)} MiB anonymous`,
  )
  removeFolder(dir)
}

async function predict(address: string): Promise<void> {
  const response = await fetch(`${address}/v1/models/replicate/hello-world/predictions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait' },
    body: '{"input":{"text":"Alice"}}',
  })
  if (response.status !== 201) throw new Error(`The first prediction was answered with ${response.status}`)
}
