/** Node fires at once when a delay does not fit 32 bits. */
const LONGEST_MS = 2 ** 31 - 1

/** Calls back once after a time of any length; the returned function stops it. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (left: number) => {
    timer =
      left > LONGEST_MS ? setTimeout(() => arm(left - LONGEST_MS), LONGEST_MS) : setTimeout(callback, Math.max(0, left))
  }
  arm(delayMs)
  return () => clearTimeout(timer)
}

/** Waits for some work, but no longer than a time. @returns whether the work was done; what it throws is thrown here */
export async function doneWithin(timeMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>()
  const stop = startTimer(timeMs, () => resolve(false))
  try {
    return await Promise.race([work.then(() => true), over])
  } finally {
    stop()
  }
}
