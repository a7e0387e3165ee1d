/** Callbacks that wait for the present work to end; a loop that prints without a pause would pile them up. */
const MOST_WAITING = 1_000

type Written = () => void

/** Gives what this process prints to a function, in place of its standard output and error. */
export function captureOutput(print: (text: string) => void): void {
  let waiting = 0
  const tell = (written: Written) => {
    if (waiting === MOST_WAITING) return written()
    waiting++
    process.nextTick(() => {
      waiting--
      written()
    })
  }
  const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    print(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    const callback = typeof encoding === 'function' ? encoding : written
    if (callback) tell(callback)
    return true
  }
  process.stdout.write = write
  process.stderr.write = write
}
