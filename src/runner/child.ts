/** The runner process: one version of one model. It knows no HTTP and no SQL; the server is at the other end of the channel. */
import { writeFileSync } from 'node:fs'
import { flushCompileCache, registerHooks } from 'node:module'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TaskQueue } from '../scheduler/task-queue.ts'
import { siblingModule } from '../sibling-module.ts'
import { captureOutput } from './capture-output.ts'
import { CHANNEL_DESCRIPTOR, Channel } from './channel.ts'
import { describeFault } from './describe-fault.ts'
import { dieWithTheServer } from './die-with-the-server.ts'
import { EventQueue } from './event-queue.ts'
import { Model } from './model.ts'
import type { RunRequest, ToRunner } from './protocol.ts'
import { findTraining } from './training.ts'

/** From -1000 to 1000; when memory runs out, the kernel ends a runner before it thinks of the server. */
const OOM_SCORE = '800'
/** After a run that took this long, messages are read before the next is chosen. */
const LONG_MS = 2

const channel = new Channel(new Socket({ fd: CHANNEL_DESCRIPTOR }), Number.POSITIVE_INFINITY, {
  onMessage: (message) => onMessage(message as ToRunner),
  onFault: () => process.kill(process.pid, 'SIGKILL'),
  onEnd: () => process.kill(process.pid, 'SIGKILL'),
})
const events = new EventQueue((group) => channel.send(group))
/** Those that are to be run by themselves go first: they have been begun before. */
const alone: RunRequest[] = []
const waiting = new TaskQueue<RunRequest>()
/** Of the package; its place on this machine says nothing to those who read errors. */
let packageDir = ''
let prepared: Promise<unknown> | undefined
let loaded: { model: Model; maxBatch: number; predictionsDir: string } | undefined
let running = false
/** The runs that the model has now. */
const present = new Map<string, AbortController>()

dieWithTheServer()
goFirstWhenMemoryRunsOut()
outliveSignals()
captureOutput(log)
tellWhatKillsIt()

function onMessage(message: ToRunner): Promise<void> | void {
  switch (message.type) {
    case 'prepare':
      // What cannot be had is asked for again, and missed, by the model that needs it.
      prepared = Promise.allSettled([import('../models/define-model.ts'), import('onnxruntime-node')])
      return
    case 'inspect':
      return attempt(message.package.dir, async () => {
        resolveImports(message.package.sourceDir)
        const model = await Model.open(message.package)
        const signature = await model.inspect()
        const training = await findTraining(message.package.dir)
        events.push({ type: 'inspected', signature: { ...signature, training } })
      })
    case 'load':
      return attempt(message.package.dir, async () => {
        resolveImports(message.package.sourceDir)
        const model = await Model.open(message.package)
        const device = await model.setup(message.session, (text) => log(`${text}\n`))
        const { maxBatch, predictionsDir } = message
        loaded = { model, maxBatch, predictionsDir }
        events.push({ type: 'ready', device })
      })
    case 'run':
      for (const run of message.runs)
        if (run.alone) alone.push(run)
        else waiting.push(run)
      return runWaiting()
    case 'cancel':
      return cancel(message.id)
    default:
      return message satisfies never
  }
}

async function runWaiting(): Promise<void> {
  if (running) return
  running = true
  while (loaded && alone.length + waiting.size > 0) {
    const { model, maxBatch, predictionsDir } = loaded
    const begin = performance.now()
    const runs = nextBatch(model.batches ? maxBatch : 1).map((request) => {
      const controller = new AbortController()
      present.set(request.id, controller)
      events.push({ type: 'started', id: request.id })
      return { request, folder: join(predictionsDir, request.id), signal: controller.signal }
    })
    await events.flush()
    const again = await model.run(runs, events)
    present.clear()
    alone.unshift(...again.map((request) => ({ ...request, alone: true })))
    // A run in native code hears nothing: who came meanwhile may be the next.
    if (alone.length + waiting.size > 0) await hearWhoCame(begin)
  }
  running = false
  await events.flush()
}

/** After a long run for sure; one turn of the event loop may end without a look at what can be read. */
async function hearWhoCame(begin: number): Promise<void> {
  await new Promise(setImmediate)
  if (performance.now() - begin >= LONG_MS) await new Promise(setImmediate)
}

/** What waits, up to a number; accounts take turns. */
function nextBatch(most: number): RunRequest[] {
  const first = alone.shift()
  return first ? [first] : waiting.take(most)
}

async function attempt(dir: string, work: () => Promise<void>): Promise<void> {
  packageDir = dir
  try {
    await prepared
    await work()
  } catch (error) {
    events.push({ type: 'refused', message: describeFault(error, dir) })
  }
  await events.flush()
  // The process ends by SIGKILL, and would take what it compiled with it.
  flushCompileCache()
}

function cancel(id: string): void {
  const running = present.get(id)
  if (running) return running.abort()
  const index = alone.findIndex((run) => run.id === id)
  if (index !== -1) alone.splice(index, 1)
  else if (!waiting.delete(id)) return
  events.push({ type: 'dropped', id })
  if (present.size === 0) void events.flush()
}

/** To the logs of the prediction that runs, or else of the server: what a batch prints may tell of any of its members. */
function log(text: string): void {
  const [id = null, ...others] = present.keys()
  events.pushLog(others.length === 0 ? id : null, text)
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

/** Anybody may make itself more likely to be ended; where there is no such thing, nothing is lost. */
function goFirstWhenMemoryRunsOut(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', OOM_SCORE)
  } catch {}
}

/** Ctrl-C reaches every process of the terminal; when this one ends is for the server to say. */
function outliveSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
}

/** An error that nothing caught ends the process at once: a normal exit would wait for native code to return. */
function tellWhatKillsIt(): void {
  process.on('uncaughtException', (error) => {
    events.push({ type: 'refused', message: describeFault(error, packageDir) })
    void events.flush().finally(() => process.kill(process.pid, 'SIGKILL'))
  })
}
