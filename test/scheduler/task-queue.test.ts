import { expect, test } from 'vitest'
import { TaskQueue } from '../../src/scheduler/task-queue.ts'
import { FakeTask } from '../support/fake-task.ts'

function queueOf(...ids: string[]): TaskQueue {
  const queue = new TaskQueue()
  for (const id of ids) queue.push(new FakeTask(id))
  return queue
}

const idsOf = (tasks: { id: string }[]) => tasks.map(({ id }) => id).join('')

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
