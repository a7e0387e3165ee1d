import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, title } from './report.ts'

const UPLOADS = 50
const SIZE = 50_000_000
const PIECE = Buffer.alloc(2 ** 16, 'reprise')
const SAMPLE_MS = 10
const IDLE_MS = 2_000

/** What the server holds while many clients upload large files at the same time. */
export async function uploads(): Promise<void> {
  title(`${UPLOADS} parallel uploads of ${SIZE / 1e6} MB`)
  const dir = temporaryFolder()
  const server = await startReprise(dir)
  const pid = server.child.pid
  if (pid === undefined) throw new Error('The server has no process')
  try {
    // The first one loads what later ones find loaded.
    await upload(server.address, 1_000)
    await sleep(IDLE_MS)
    const before = residentMib(pid)
    let peak = before
    const sampling = setInterval(() => {
      peak = Math.max(peak, residentMib(pid))
    }, SAMPLE_MS)
    const begin = performance.now()
    await Promise.all(Array.from({ length: UPLOADS }, () => upload(server.address, SIZE)))
    const seconds = (performance.now() - begin) / 1000
    clearInterval(sampling)
    line('resident memory before, at the peak', mib(before), mib(peak))
    line('growth', mib(peak - before))
    line('throughput', `${Math.round((UPLOADS * SIZE) / 1e6 / seconds)} MB/s`, `${seconds.toFixed(1)} s`)
  } finally {
    await server.stop()
    removeFolder(dir)
  }
}

const mib = (value: number) => `${value.toFixed(0)} MiB`

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

async function upload(address: string, size: number): Promise<void> {
  const sent = request(`${address}/v1/files`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=bench' },
    agent: false,
  })
  const answered = once(sent, 'response')
  await pipeline(bodyOf(size), sent)
  const [answer] = await answered
  answer.resume()
  if (answer.statusCode !== 201) throw new Error(`An upload was answered with ${answer.statusCode}`)
}

function* bodyOf(size: number): Generator<Buffer> {
  yield Buffer.from('--bench\r\nContent-Disposition: form-data; name="content"; filename="bench.bin"\r\n\r\n')
  for (let left = size; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left)
  yield Buffer.from('\r\n--bench--\r\n')
}
