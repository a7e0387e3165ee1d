import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { SweepGate } from '../src/sweep-gate.ts'

function setUp() {
  const gate = new SweepGate()
  const removed: string[] = []
  const remove = (key: string, name = key) => gate.remove(key, async () => void removed.push(name))
  return { gate, removed, remove }
}

describe('a gate that nobody holds', () => {
  test('lets sweeps pass and removals be done at once', async () => {
    const { gate, removed, remove } = setUp()
    await gate.pass()
    await remove('a')
    expect(removed).toEqual(['a'])
  })

  test('hands on what a removal throws', async () => {
    const { gate } = setUp()
    await expect(gate.remove('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})

describe('a gate that is held', () => {
  test('does what was to be removed when it opens, in order, and keeps nobody waiting for it', async () => {
    const { gate, removed, remove } = setUp()
    const open = gate.hold()
    await remove('a', 'first')
    await remove('b')
    await remove('a', 'second')
    expect(removed).toEqual([])
    await open()
    expect(removed).toEqual(['first', 'second', 'b'])
  })

  test('stops sweeps until the last who holds it has let go', async () => {
    const { gate } = setUp()
    const [first, second] = [gate.hold(), gate.hold()]
    let passed = false
    const passing = gate.pass().then(() => {
      passed = true
    })
    await first()
    await first()
    await nextTurn()
    expect(passed).toBe(false)
    await second()
    await passing
  })

  test('forgets what has been replaced', async () => {
    const { gate, removed, remove } = setUp()
    const open = gate.hold()
    await remove('a')
    await remove('b')
    gate.forget('a')
    await open()
    expect(removed).toEqual(['b'])
  })

  test('does the others when one cannot be removed', async () => {
    const { gate, removed, remove } = setUp()
    const open = gate.hold()
    await gate.remove('a', () => Promise.reject(new Error('no')))
    await remove('b')
    await open()
    expect(removed).toEqual(['b'])
  })
})
