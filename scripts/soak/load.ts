import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import type { Action, Scene } from './action.ts'
import { enlarge, listen } from './file-actions.ts'
import type { Gate } from './gate.ts'
import { cancelEndless, cancelQueued, crash, exit, fail, failOtherwise, floodLogs } from './hostile-actions.ts'
import { addMany, addOne, greet, leaveEarly, list, remove, talk } from './plain-actions.ts'
import { cancelTale, leaveTale, readTale } from './stream-actions.ts'
import type { Visitor } from './visitor.ts'

const LONGEST_PAUSE_MS = 200
/** After something unexpected, so that a server that is gone does not fill the screen. */
const RECOVERY_MS = 1_000

const MIX: readonly { weight: number; action: Action }[] = [
  { weight: 40, action: greet },
  { weight: 10, action: leaveEarly },
  { weight: 8, action: addOne },
  { weight: 4, action: addMany },
  { weight: 6, action: talk },
  { weight: 2, action: remove },
  { weight: 1, action: list },
  { weight: 6, action: readTale },
  { weight: 5, action: leaveTale },
  { weight: 3, action: cancelTale },
  { weight: 4, action: enlarge },
  { weight: 3, action: listen },
  { weight: 5, action: cancelEndless },
  { weight: 3, action: cancelQueued },
  { weight: 3, action: crash },
  { weight: 2, action: exit },
  { weight: 3, action: fail },
  { weight: 2, action: failOtherwise },
  { weight: 0.3, action: floodLogs },
]

/** Does one thing after the other until the load is over. */
export async function runVisitor(visitor: Visitor, scene: Scene, gate: Gate, stopped: AbortSignal): Promise<void> {
  const { random } = visitor
  while (await gate.enter()) {
    const { action } = random.weighted(MIX)
    try {
      await action(visitor, scene)
    } catch (error) {
      if (stopped.aborted) return
      visitor.tally.unexpected(`${action.name}: ${describe(error)}`)
      await sleep(RECOVERY_MS)
    } finally {
      gate.leave()
    }
    await sleep(random.below(LONGEST_PAUSE_MS))
  }
}

/** What every figure is taken after, so that about the same models are loaded each time. */
export async function warmUp(visitor: Visitor, scene: Scene): Promise<void> {
  for (const action of [listen, enlarge, addOne, readTale, greet]) await action(visitor, scene)
}

/** The reason of a failed fetch lies in its cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : ''
  return messageOf(error) + cause
}
