import { AppError } from '../errors.ts'
import { startTimer } from '../timer.ts'

/**
 * What a client sends, as long as it goes on sending.
 * @throws AppError `malformed` when nothing has come for a time, or the connection ends before all has
 */
export async function* arriving(source: AsyncIterable<Uint8Array>, idleMs: number): AsyncGenerator<Uint8Array, void> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await nextWithin(pieces, idleMs)
      if (done) return
      yield value
    }
  } finally {
    // Not waited for: what stalls would not come to an end.
    void pieces.return?.()
  }
}

async function nextWithin(
  pieces: AsyncIterator<Uint8Array>,
  idleMs: number,
): Promise<IteratorResult<Uint8Array, unknown>> {
  const idle = Promise.withResolvers<never>()
  const stopTimer = startTimer(idleMs, () => idle.reject(new Error(`nothing has come for ${idleMs / 1000} s`)))
  try {
    return await Promise.race([pieces.next(), idle.promise])
  } catch (error) {
    throw new AppError('malformed', 'The package broke off before its end; send it again', { cause: error })
  } finally {
    stopTimer()
  }
}
