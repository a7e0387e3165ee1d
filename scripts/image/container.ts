import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ImageConfig } from './buildah.ts'

/** How long a server may take until it listens. */
const START_MS = 60_000
const READY = /^reprise listening on \S+$/m

/** In a namespace of its own: the image can be read, and written are only the data folder and, if there is one, /tmp. */
const ENTER = `
  set -e
  mount --bind "$ROOT" "$ROOT"
  mount -o remount,bind,ro "$ROOT"
  mount -t proc proc "$ROOT/proc"
  mount --rbind /sys "$ROOT/sys"
  mount -t tmpfs -o mode=755 dev "$ROOT/dev"
  for device in null zero full random urandom; do
    : > "$ROOT/dev/$device"
    mount --bind "/dev/$device" "$ROOT/dev/$device"
  done
  mount --bind "$DATA" "$ROOT/data"
  mount --bind "$MODELS" "$ROOT/models"
  mount -o remount,bind,ro "$ROOT/models"
  [ -z "$TMP" ] || mount -t tmpfs -o mode=1777 tmp "$ROOT/tmp"
  exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
    chroot --userspec="$USER" --groups= "$ROOT" /usr/bin/env -i -C "$DIR" "$@"
`

export interface ContainerOptions {
  /** The files of the image. */
  root: string
  config: ImageConfig
  env: Record<string, string>
  dataDir: string
  modelsDir: string
  /** Whether /tmp can be written. */
  tmp: boolean
}

export interface Ended {
  code: number | null
  printed: string
}

/**
 * The image's own command, run as an engine for containers does with `--read-only --cap-drop ALL --security-opt
 * no-new-privileges`: as its user, as process 1, on files that cannot be written. The network is this machine's.
 */
export class Container {
  readonly #child: ChildProcess
  readonly #options: ContainerOptions
  readonly #ended: Promise<Ended>
  #printed = ''

  constructor(options: ContainerOptions) {
    const { root, config, dataDir, modelsDir, tmp } = options
    this.#options = options
    const script = ['sh', '-c', ENTER, 'sh', ...this.#environment(), ...config.Entrypoint, ...config.Cmd]
    this.#child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', ...script], {
      env: {
        PATH: process.env.PATH,
        ROOT: root,
        DATA: dataDir,
        MODELS: modelsDir,
        TMP: tmp ? 'yes' : '',
        USER: config.User,
        DIR: config.WorkingDir,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text
        this.#child.emit('printed')
      })
    this.#ended = once(this.#child, 'close').then(([code]) => ({ code, printed: this.#printed }))
  }

  get ended(): Promise<Ended> {
    return this.#ended
  }

  get printed(): string {
    return this.#printed
  }

  /** Its first process, as this machine counts. */
  get pid(): number {
    const { pid } = this.#child
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const first = Number(pids[0])
    if (!first) throw new Error(`The container has ended; it printed:\n${this.#printed}`)
    return first
  }

  /** @throws Error with what it printed, when it ends before it listens or takes too long */
  async ready(): Promise<void> {
    const giveUp = AbortSignal.timeout(START_MS)
    while (!READY.test(this.#printed)) {
      const next = once(this.#child, 'printed', { signal: giveUp }).then(() => undefined)
      const ended = await Promise.race([next, this.#ended]).catch(() => ({ code: 'nothing yet' }))
      if (ended) throw new Error(`The server did not start (${ended.code}); it printed:\n${this.#printed}`)
    }
  }

  /** Runs another program in the container, as `docker exec` does. */
  async execute(command: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const { User: user, WorkingDir: dir } = this.#options.config
    const [uid = '', gid = uid] = user.split(':')
    const into = ['--target', String(this.pid), '--mount', '--pid', '--root', '--setuid', uid, '--setgid', gid]
    const child = spawn('nsenter', [...into, '/usr/bin/env', '-i', '-C', dir, ...this.#environment(env), ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    const [code] = await once(child, 'close')
    return { code, printed }
  }

  /** As `docker stop` does. */
  async stop(graceMs: number): Promise<Ended> {
    process.kill(this.pid, 'SIGTERM')
    const timer = new AbortController()
    const late = sleep(graceMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`It did not end within ${graceMs / 1000} s; it printed:\n${this.#printed}`)
    })
    try {
      return await Promise.race([this.#ended, late])
    } finally {
      timer.abort()
      late.catch(() => undefined)
    }
  }

  /** Ends it and all that it started, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    // The end of its first process is that of all the others.
    if (this.#child.exitCode === null) process.kill(this.pid, 'SIGKILL')
    await this.#ended
  }

  #environment(more: Record<string, string> = {}): string[] {
    const { config, env } = this.#options
    const path = config.Env.some((line) => line.startsWith('PATH=')) ? [] : [DEFAULT_PATH]
    return [...path, ...config.Env, ...Object.entries({ ...env, ...more }).map(([name, value]) => `${name}=${value}`)]
  }
}

/** Engines for containers set it where an image does not. */
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port could be had')
  return address.port
}
