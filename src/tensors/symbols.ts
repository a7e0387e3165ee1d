import { type Declaration, describeShape, isSymbol } from './declaration.ts'
import { InputFault } from './input-fault.ts'

/** A tensor that fits its declaration as far as that tells by itself. */
interface Given {
  declared: Declaration
  dims: readonly number[]
}

/** What gives a named size another value than an input before it, or than an earlier dimension of its own. */
export function findSymbolFaults(inputs: readonly Given[]): InputFault[] {
  const sizes = new Map<string, { size: number; from: string }>()
  const faults: InputFault[] = []
  for (const { declared, dims } of inputs) {
    const field = `input.${declared.name}`
    for (const [axis, size] of dims.entries()) {
      const symbol = declared.shape[axis]
      if (!isSymbol(symbol)) continue
      const known = sizes.get(symbol)
      if (!known) sizes.set(symbol, { size, from: field })
      else if (known.size !== size) {
        const where = known.from === field ? 'throughout' : `as in ${known.from}`
        const expected = `shape ${describeShape(declared.shape)} with ${symbol} = ${known.size} ${where}`
        faults.push(new InputFault(field, `Invalid shape. Expected: ${expected}, given: shape ${describeShape(dims)}`))
        break
      }
    }
  }
  return faults
}
