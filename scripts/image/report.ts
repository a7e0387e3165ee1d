/** Runs one part of the work and tells how long it took, or why it failed, with what it had to say. */
export async function check<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  try {
    const result = await work()
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    print(`ok      ${seconds.padStart(6)} s  ${what}${typeof result === 'string' ? `: ${result}` : ''}`)
    return result
  } catch (error) {
    print(`FAILED  ${what}`)
    throw error
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
