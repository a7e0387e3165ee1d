import { describe, expect, test } from 'vitest'
import { largestDifference } from '../../scripts/gpu/compare.ts'
import { unresolvedOf } from '../../src/hardware/cuda-libraries.ts'

test('libraries that ldd does not find are named', () => {
  const ldd = `\tlinux-vdso.so.1 (0x00007ffd3a9f2000)
\tlibcublasLt.so.12 => not found
\tlibcudart.so.12 => not found
\tlibonnxruntime_providers_shared.so => /opt/libonnxruntime_providers_shared.so (0x00007f1d)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1e)
`
  expect(unresolvedOf(ldd)).toEqual(['libcublasLt.so.12', 'libcudart.so.12'])
  expect(unresolvedOf('\tstatically linked\n')).toEqual([])
})

describe('the largest difference', () => {
  test.each<[string, number[], number[] | undefined, number]>([
    ['of equal numbers is none', [1, 2], [1, 2], 0],
    ['is told whatever its sign', [1, 2, 3], [1, 4, 2.5], 2],
    ['is infinite where an output is missing', [1], undefined, Number.POSITIVE_INFINITY],
    ['is infinite where an output is shorter', [1, 2], [1], Number.POSITIVE_INFINITY],
    ['is infinite where something is no number', [1, 2], [1, Number.NaN], Number.POSITIVE_INFINITY],
  ])('%s', (_, expected, actual, difference) => {
    const outputs = actual ? { a: Float32Array.from(actual) } : {}
    expect(largestDifference({ a: Float32Array.from(expected) }, outputs)).toBe(difference)
  })
})
