/**
 * A crowd waits at one server, all at the same time: readers of what runs, readers of what is queued, and requests that
 * wait for an end. Then all models go on, and everybody gets all of what is theirs, once. `npm run bench -- crowd` is the
 * same with ten times as many.
 */
import { expect, test } from 'vitest'
import { gatherCrowd } from '../../bench/crowd/crowd.ts'
import { testFolder } from '../support/temporary.ts'

test('200 streams and 50 waiting requests are all answered, and nothing is lost or doubled', async () => {
  const crowd = { readers: 100, models: 2, queued: 100, waiting: 50, words: 100, pauseMs: 2 }
  const { faults, after } = await gatherCrowd(crowd, testFolder())
  expect(faults).toEqual([])
  expect(after.sockets).toBeLessThan(5)
})
