import { setTimeout as sleep } from 'node:timers/promises'
import { defineModel, Type } from 'reprise/model'

/** Takes small steps without end, and stops between two of them when it is canceled. */
export default defineModel({
  input: Type.Object({}),
  output: Type.String(),
  async predict(_input, { signal }) {
    while (!signal.aborted) await sleep(1)
    return 'stopped'
  },
})
