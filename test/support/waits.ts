import { once } from 'node:events'
import { existsSync, watch, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { testFolder } from './temporary.ts'

/** A run of the model `test/waits`, followed and let go by the files it shares with the test. */
export interface WaitingRun {
  input: { dir: string; label: string; heed: boolean }
  /** Resolves when the model runs. */
  started(): Promise<void>
  /** Resolves when the model has noticed that it was canceled. */
  canceled(): Promise<void>
  /** Lets the model finish. */
  go(): void
}

/** @param heed whether the model stops when it is canceled */
export function waitingRun(label: string, { dir = testFolder(), heed = true } = {}): WaitingRun {
  const file = (what: string) => join(dir, `${label}.${what}`)
  return {
    input: { dir, label, heed },
    started: () => appearance(file('started')),
    canceled: () => appearance(file('canceled')),
    go: () => writeFileSync(file('go'), ''),
  }
}

/** Resolves when the file is there. */
async function appearance(path: string): Promise<void> {
  const watcher = watch(dirname(path))
  try {
    while (!existsSync(path)) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}
