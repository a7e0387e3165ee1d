import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TaskQueue } from '../../src/scheduler/task-queue.ts'
import { FakeTask } from '../support/fake-task.ts'

function queueOf(...ids: string[]): TaskQueue<FakeTask> {
  const queue = new TaskQueue<FakeTask>()
  for (const id of ids) queue.push(new FakeTask(id))
  return queue
}

const idsOf = (tasks: Iterable<{ id: string }>) => Array.from(tasks, ({ id }) => id).join('')

test.each([
  { title: 'gives tasks in the order they came', queue: () => queueOf('a', 'b', 'c'), take: 3, taken: 'abc', left: 0 },
  { title: 'gives no more than were asked for', queue: () => queueOf('a', 'b', 'c'), take: 2, taken: 'ab', left: 1 },
  { title: 'gives no more than there are', queue: () => queueOf('a'), take: 5, taken: 'a', left: 0 },
  { title: 'gives none where none are asked for', queue: () => queueOf('a'), take: 0, taken: '', left: 1 },
  { title: 'gives none when it is empty', queue: () => queueOf(), take: 1, taken: '', left: 0 },
])('a queue $title', ({ queue, take, taken, left }) => {
  const tasks = queue()
  expect(idsOf(tasks.take(take))).toBe(taken)
  expect(tasks.size).toBe(left)
})

test('a task can leave from anywhere, once', () => {
  const queue = queueOf('a', 'b', 'c')
  expect(queue.delete('b')).toBe(true)
  expect(queue.delete('b')).toBe(false)
  expect(queue.delete('never there')).toBe(false)
  expect(idsOf(queue.take(9))).toBe('ac')
})

test('a task that was taken is no longer in the queue', () => {
  const queue = queueOf('a', 'b')
  queue.take(1)
  expect(queue.delete('a')).toBe(false)
})

test('tasks that come back go before all others, in their own order', () => {
  const queue = queueOf('a', 'b', 'c', 'd')
  const back = queue.take(2)
  queue.push(new FakeTask('e'))
  queue.pushFront(back)
  queue.pushFront([])
  expect(idsOf(queue.take(9))).toBe('abcde')
})

describe('accounts', () => {
  /** `a1` is the first task of the account `a`. */
  const fairQueueOf = (...ids: string[]): TaskQueue<FakeTask> => {
    const queue = new TaskQueue<FakeTask>()
    for (const id of ids) queue.push(new FakeTask(id, id[0]))
    return queue
  }

  test.each([
    { title: 'take turns', queue: ['a1', 'a2', 'a3', 'b1', 'b2'], expected: 'a1b1a2b2a3' },
    { title: 'that come later wait for one turn of each other', queue: ['a1', 'a2', 'b1', 'c1'], expected: 'a1b1c1a2' },
    { title: 'that are alone take every turn', queue: ['a1', 'a2', 'a3'], expected: 'a1a2a3' },
  ])('$title', ({ queue, expected }) => {
    expect(idsOf(fairQueueOf(...queue).take(9))).toBe(expected)
  })

  test('keep their turns from one taking to the next', () => {
    const queue = fairQueueOf('a1', 'a2', 'a3', 'b1', 'b2')
    expect([1, 2, 1, 1].map((count) => idsOf(queue.take(count)))).toEqual(['a1', 'b1a2', 'b2', 'a3'])
    expect(queue.size).toBe(0)
  })

  test('whose last task left have no turn', () => {
    const queue = fairQueueOf('a1', 'b1', 'c1', 'a2')
    queue.delete('b1')
    expect(idsOf(queue.take(9))).toBe('a1c1a2')
  })

  test('get back what was sent too early before anything else of theirs', () => {
    const queue = fairQueueOf('a1', 'b1', 'a2', 'b2')
    const back = queue.take(2)
    queue.pushFront(back)
    expect(idsOf(queue)).toBe('a1a2b1b2')
    expect(idsOf(queue.take(9))).toBe('a1b1a2b2')
  })

  test('that come when the others have had their turn are the next', () => {
    const queue = fairQueueOf('a1', 'a2', 'b1', 'b2')
    expect(idsOf(queue.take(3))).toBe('a1b1a2')
    for (const id of ['c1', 'c2']) queue.push(new FakeTask(id, 'c'))
    expect(idsOf(queue.take(9))).toBe('b2c1c2')
  })

  test('that come again and again get no more turns than those that wait', () => {
    const queue = fairQueueOf('a1', 'a2', 'a3', 'b1')
    const order: string[] = []
    for (let i = 2; queue.sizeOf('a') > 0; i++) {
      const [taken] = queue.take(1)
      order.push(taken?.id ?? '')
      if (taken?.account === 'b') queue.push(new FakeTask(`b${i}`, 'b'))
    }
    expect(order).toEqual(['a1', 'b1', 'a2', 'b3', 'a3'])
  })

  test('can be asked for out of turn, and have had it by that', () => {
    const queue = fairQueueOf('a1', 'b1', 'b2', 'c1')
    expect(queue.takeOf('b')?.id).toBe('b1')
    expect(queue.takeOf('nobody')).toBeUndefined()
    expect(idsOf(queue.take(9))).toBe('a1c1b2')
  })

  test('know how many of theirs wait', () => {
    const queue = fairQueueOf('a1', 'a2', 'b1')
    queue.delete('a1')
    expect(['a', 'b', 'c'].map((account) => queue.sizeOf(account))).toEqual([1, 1, 0])
  })
})

describe('the place of a task', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ push: fc.constantFrom('a', 'b', 'c', 'd') }) },
    { weight: 2, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 3 }), back: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ leave: fc.nat() }) },
  )

  test('is how many are taken before it, whatever has come, left and come back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new TaskQueue<FakeTask>()
        steps.forEach((step, index) => {
          if ('push' in step) queue.push(new FakeTask(`${step.push}${index}`, step.push))
          else if ('leave' in step) queue.delete([...queue][step.leave % Math.max(1, queue.size)]?.id ?? '')
          else {
            const taken = queue.take(step.take)
            if (step.back) queue.pushFront(taken)
          }
        })
        const places = new Map(Array.from(queue, ({ id }) => [id, queue.placeOf(id)]))
        const taken: FakeTask[] = []
        while (queue.size > 0) taken.push(...queue.take(1))
        taken.forEach(({ id }, place) => void expect(places.get(id)).toBe(place))
      }),
    )
  })

  test('is unknown of what does not wait', () => {
    const queue = queueOf('a', 'b')
    queue.take(1)
    expect(['a', 'b', 'c'].map((id) => queue.placeOf(id))).toEqual([undefined, 0, undefined])
  })
})
