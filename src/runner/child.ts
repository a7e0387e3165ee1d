/** The runner process: one version of one model. It knows no HTTP and no SQL; the server is at the other end of the channel. */
import { flushCompileCache, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import { siblingModule } from '../sibling-module.ts'
import { describeFault } from './describe-fault.ts'
import { dieWithTheServer } from './die-with-the-server.ts'
import { EventQueue } from './event-queue.ts'
import { Model } from './model.ts'
import type { FromRunner, RunRequest, ToRunner } from './protocol.ts'

const events = new EventQueue(send)
const waiting: RunRequest[] = []
let loaded: { model: Model; predictionsDir: string } | undefined
let present: { id: string; controller: AbortController } | undefined

dieWithTheServer()
outliveSignals()
captureOutput()
tellWhatKillsIt()

process.on('message', (message: ToRunner) => {
  switch (message.type) {
    case 'inspect':
      resolveImports(message.package.sourceDir)
      return attempt(message.package.dir, async () => {
        const { signature } = await Model.open(message.package)
        events.push({ type: 'inspected', signature })
      })
    case 'load':
      resolveImports(message.package.sourceDir)
      return attempt(message.package.dir, async () => {
        const opened = await Model.open(message.package)
        await opened.setup(message.session, (text) => log(`${text}\n`))
        loaded = { model: opened, predictionsDir: message.predictionsDir }
        events.push({ type: 'ready' })
      })
    case 'run':
      waiting.push(...message.runs)
      if (!present) void runWaiting()
      return
    case 'cancel':
      return cancel(message.id)
    default:
      return message satisfies never
  }
})

async function runWaiting(): Promise<void> {
  while (loaded && waiting.length > 0) {
    const run = waiting.shift()
    if (!run) return
    const controller = new AbortController()
    present = { id: run.id, controller }
    events.push({ type: 'started', id: run.id })
    await events.flush()
    await loaded.model.run(run, join(loaded.predictionsDir, run.id), controller.signal, events)
    present = undefined
  }
  await events.flush()
}

async function attempt(dir: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    events.push({ type: 'refused', message: describeFault(error, dir) })
  }
  await events.flush()
  // The process ends by SIGKILL, and would take what it compiled with it.
  flushCompileCache()
}

/** Resolves when the operating system has the message; a server that is gone takes none. */
function send(group: FromRunner): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(group, () => resolve())
    else resolve()
  })
}

function cancel(id: string): void {
  if (present?.id === id) return present.controller.abort()
  const index = waiting.findIndex((run) => run.id === id)
  if (index === -1) return
  waiting.splice(index, 1)
  events.push({ type: 'dropped', id })
  if (!present) void events.flush()
}

function log(text: string): void {
  events.push({ type: 'log', id: present?.id ?? null, text })
  events.soon()
}

/** What the model prints belongs to the prediction that runs. */
function captureOutput(): void {
  type Written = () => void
  const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    log(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    const callback = typeof encoding === 'function' ? encoding : written
    if (callback) process.nextTick(callback)
    return true
  }
  process.stdout.write = write
  process.stderr.write = write
}

/**
 * Packages import `reprise/model` wherever they lie, and libraries from beside where they were found, or else those
 * that come with the server, such as sharp.
 */
function resolveImports(sourceDir: string): void {
  const api = siblingModule(import.meta.url, '../models/define-model').href
  const parents = [pathToFileURL(`${sourceDir}/`).href, import.meta.url]
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'reprise/model') return { url: api, shortCircuit: true }
      try {
        return next(specifier, context)
      } catch (error) {
        if (/^[./]|^[a-z]+:/.test(specifier)) throw error
        for (const parentURL of parents)
          try {
            return next(specifier, { ...context, parentURL })
          } catch {}
        throw error
      }
    },
  })
}

/** Ctrl-C reaches every process of the terminal; when this one ends is for the server to say. */
function outliveSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
}

/** An error that nothing caught ends the process at once: a normal exit would wait for native code to return. */
function tellWhatKillsIt(): void {
  process.on('uncaughtException', (error) => {
    events.push({ type: 'refused', message: messageOf(error) })
    void events.flush().finally(() => process.kill(process.pid, 'SIGKILL'))
  })
}
