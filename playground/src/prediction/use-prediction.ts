import { useCallback, useEffect, useState } from 'preact/hooks'
import { call, pathOf } from '../api/call.ts'
import type { Prediction } from '../api/types.ts'

const POLL_MS = 500
/** After a failure to reach the server, which may be starting again. */
const PATIENCE_MS = 2_000

export interface Followed {
  prediction: Prediction | undefined
  /** Why it cannot be had, or not at present. */
  error: unknown
  cancel(): Promise<void>
}

export function isOver({ status }: Prediction): boolean {
  return status !== 'starting' && status !== 'processing'
}

/**
 * Follows a prediction until it ends: state and logs by asking, streamed output as it comes.
 * @param first what is known of it already
 */
export function usePrediction(id: string | undefined, first?: Prediction): Followed {
  const [prediction, setPrediction] = useState<Prediction | undefined>(first)
  const [error, setError] = useState<unknown>()
  const [streamed, setStreamed] = useState<Streamed>()
  const stream = prediction && !isOver(prediction) ? prediction.urls.stream : undefined

  useEffect(() => {
    setPrediction(first)
    setStreamed(undefined)
    setError(undefined)
    if (id === undefined) return
    const stop = new AbortController()
    void follow(id, stop.signal, setPrediction, setError)
    return () => stop.abort()
  }, [id])

  useEffect(() => {
    if (stream === undefined) return
    const pieces: string[] = []
    let frame = 0
    const source = new EventSource(pathOf(stream))
    source.addEventListener('output', ({ data }) => {
      pieces.push(String(data))
      // A model is faster than a screen.
      frame ||= requestAnimationFrame(() => {
        frame = 0
        setStreamed({ stream, pieces: [...pieces] })
      })
    })
    source.addEventListener('done', () => source.close())
    source.addEventListener('error', (event) => {
      // One with data is the model's; the others are the network's, and the browser tries again by itself.
      if (event instanceof MessageEvent) source.close()
    })
    return () => {
      cancelAnimationFrame(frame)
      source.close()
    }
  }, [stream])

  const cancel = useCallback(async () => {
    if (id !== undefined) setPrediction(await call<Prediction>('POST', `/v1/predictions/${id}/cancel`))
  }, [id])

  const shown =
    prediction && streamed && streamed.stream === stream ? { ...prediction, output: streamed.pieces } : prediction
  return { prediction: shown, error, cancel }
}

interface Streamed {
  stream: string
  pieces: string[]
}

async function follow(
  id: string,
  signal: AbortSignal,
  tell: (prediction: Prediction) => void,
  fail: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = POLL_MS
    try {
      const prediction = await call<Prediction>('GET', `/v1/predictions/${id}`, { signal })
      if (signal.aborted) return
      tell(prediction)
      fail(undefined)
      if (isOver(prediction)) return
    } catch (error) {
      if (signal.aborted) return
      fail(error)
      if (error instanceof Error && error.name === 'Refusal') return
      pauseMs = PATIENCE_MS
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
