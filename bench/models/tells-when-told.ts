import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineModel, Type, textStream } from 'reprise/model'

const LOOK_EVERY_MS = 20

/** Says a word, waits until a file is there, and then says numbered words. */
export default defineModel({
  input: Type.Object({ go: Type.String(), words: Type.Integer(), pause_ms: Type.Integer({ default: 0 }) }),
  output: textStream(),
  async *predict({ go, words, pause_ms: pauseMs }, { signal }) {
    yield 'begin '
    while (!existsSync(go)) await sleep(LOOK_EVERY_MS, undefined, { signal })
    for (let i = 0; i < words; i++) {
      if (pauseMs > 0) await sleep(pauseMs)
      yield `word-${i} `
    }
  },
})
