import type { InferenceSession, Tensor } from 'onnxruntime-common'
import type { Wiring } from './graph.ts'
import { type Numbers, numbersOf } from './tensor-of.ts'

/** Runs a graph on what goes in, and gives the numbers that the task uses; the other outputs are not computed. */
export async function runGraph(
  session: InferenceSession,
  { output, constants }: Pick<Wiring, 'output' | 'constants'>,
  feeds: Record<string, Tensor>,
): Promise<Numbers> {
  const results = await session.run({ ...constants, ...feeds }, [output.name])
  const result = results[output.name]
  if (!result) throw new Error(`The graph gave no ${output.name}`)
  return numbersOf(output.name, result)
}

/** What comes of a task's `setup`: that a graph cannot be run is found before anybody waits for it. */
export async function tryGraph<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`The graph could not be run on ${what}: ${reason}`, { cause })
  }
}
