import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { MULTIPART, multipartBody } from '../support/multipart.ts'
import { testFolder } from '../support/temporary.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const DISK_BYTES = 4 * 2 ** 20
const mount = (dir: string) => `mount -t tmpfs -o size=${DISK_BYTES} tmpfs ${dir}`

/** A server whose uploads lie on a small disk of their own, which nobody else sees. */
async function serverOnSmallDisk(): Promise<string> {
  const dataDir = testFolder()
  mkdirSync(join(dataDir, 'files'))
  const serve = `${process.execPath} ${MAIN} serve --port 0 --bundled-models off --models-dir ${dataDir} --log-level silent`
  const script = `${mount(join(dataDir, 'files'))} && exec ${serve} --data-dir ${dataDir}`
  const child = spawn('unshare', ['-rm', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return String(line).split(' ').at(-1) ?? ''
}

function upload(address: string, size: number): Promise<Response> {
  return fetch(`${address}/v1/files`, {
    method: 'POST',
    headers: MULTIPART,
    body: multipartBody([{ name: 'content', filename: 'a.bin', content: Buffer.alloc(size) }]),
  })
}

const cannotMount = spawnSync('unshare', ['-rm', 'sh', '-c', mount('/tmp')]).status !== 0

test.skipIf(cannotMount)('a full disk refuses an upload for now, and keeps nothing of it', async () => {
  const address = await serverOnSmallDisk()
  for (let i = 0; i < 3; i++) {
    const refused = await upload(address, DISK_BYTES + 1)
    expect({ status: refused.status, body: await refused.json() }).toEqual({
      status: 503,
      body: {
        title: 'Service Unavailable',
        detail: 'The disk takes no more at the moment; try again shortly',
        status: 503,
      },
    })
    expect(refused.headers.get('retry-after')).toBe('5')
  }
  expect((await upload(address, DISK_BYTES - 2 ** 16)).status).toBe(201)
})
