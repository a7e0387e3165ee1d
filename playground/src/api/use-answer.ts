import { useCallback, useEffect, useState } from 'preact/hooks'
import { call } from './call.ts'

/** What has come of asking for something. */
export type Answer<Value> =
  | { state: 'asked' }
  | { state: 'there'; value: Value }
  /** The value is of an earlier time. */
  | { state: 'failed'; error: unknown; value?: Value }

/**
 * Asks the server for a path, again when the path changes, and on demand.
 * @param path undefined asks nothing
 */
export function useAnswer<Value>(path: string | undefined): Answer<Value> & { again(): void } {
  const [answer, setAnswer] = useState<Answer<Value>>({ state: 'asked' })
  const [round, setRound] = useState(0)
  useEffect(() => {
    if (path === undefined) return
    const stop = new AbortController()
    call<Value>('GET', path, { signal: stop.signal }).then(
      (value) => setAnswer({ state: 'there', value }),
      (error) => {
        if (!stop.signal.aborted)
          setAnswer((before) => ({ state: 'failed', error, ...('value' in before ? { value: before.value } : {}) }))
      },
    )
    return () => stop.abort()
  }, [path, round])
  useEffect(() => setAnswer({ state: 'asked' }), [path])
  const again = useCallback(() => setRound((before) => before + 1), [])
  return { ...answer, again }
}

/** Asks again and again while somebody looks at the page. */
export function useEvery(milliseconds: number, again: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') again()
    }, milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds, again])
}
