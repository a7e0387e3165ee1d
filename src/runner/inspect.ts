import { formatDuration } from '../duration.ts'
import { AppError } from '../errors.ts'
import { startTimer } from '../timer.ts'
import type { LaunchRunner } from './host.ts'
import type { PackageLocation, Signature } from './protocol.ts'

/**
 * Imports the code of a package, or loads its graph, in a process of its own and asks for its signature, without setup.
 * @throws AppError `invalid` with the reason when it cannot be imported or loaded in time, or is no model.
 */
export function inspectPackage(
  launch: LaunchRunner,
  location: PackageLocation,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Signature> {
  const { promise, resolve, reject } = Promise.withResolvers<Signature>()
  const refuse = (reason: string) => reject(new AppError('invalid', reason))
  const runner = launch({
    onEvent(event) {
      if (event.type === 'inspected') resolve(event.signature)
      else if (event.type === 'refused') refuse(event.message)
    },
    onPrinted() {},
    onExit: (how) => refuse(`The process that looked at ${location.entry} ${how}`),
  })
  const stopTimer = startTimer(timeoutMs, () =>
    refuse(`${location.entry} was not loaded within ${formatDuration(timeoutMs)}`),
  )
  const stop = () => refuse('The server stops')
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  runner.send({ type: 'inspect', package: location })
  return promise.finally(() => {
    stopTimer()
    signal.removeEventListener('abort', stop)
    runner.kill()
  })
}
