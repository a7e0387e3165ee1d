import { describe, expect, test } from 'vitest'
import { inSteps, nextSize, pauseAfter, type StepRules } from '../src/steps.ts'

const RULES: StepRules = { first: 4, least: 2, most: 10, targetMs: 8, pauseShare: 2 }

test.each([
  ['a step that took too long', 4, 9, 2],
  ['the least that there is', 2, 1_000, 2],
  ['a step that took what it should', 4, 6, 4],
  ['a step that was soon done', 4, 1, 6],
  ['the most that there is', 10, 0, 10],
  ['a size that is odd', 5, 9, 2],
])('after %s of %i in %i ms the next has %i', (_what, size, tookMs, expected) => {
  expect(nextSize(size, tookMs, RULES)).toBe(expected)
})

test.each([
  [0, 2],
  [5, 10],
  [1_000, 100],
])('after a step of %i ms others have %i', (tookMs, expected) => {
  expect(pauseAfter(tookMs, RULES)).toBe(expected)
})

describe('a work in steps', () => {
  test('goes on as long as there is more to do, and never takes more than it may', async () => {
    let left = 40
    const sizes: number[] = []
    await inSteps(
      RULES,
      async (size) => {
        sizes.push(size)
        left -= size
        return left > 0
      },
      () => true,
    )
    expect(left).toBeLessThanOrEqual(0)
    expect(sizes[0]).toBe(4)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10)
  })

  test('ends when it is told to', async () => {
    let steps = 0
    await inSteps(
      RULES,
      async () => {
        steps++
        return true
      },
      async () => steps < 3,
    )
    expect(steps).toBe(3)
  })

  test('lets others have their turn between two steps', async () => {
    const turns: string[] = []
    const work = inSteps(
      RULES,
      async () => {
        turns.push('step')
        return turns.length < 4
      },
      () => true,
    )
    const others = setInterval(() => turns.push('other'), 0)
    await work
    clearInterval(others)
    expect(turns.slice(0, 2)).toEqual(['step', 'other'])
  })
})
