import type { Task } from './task.ts'

/** First in, first out; any task can leave early at no cost that grows with the queue. */
export class TaskQueue {
  readonly #tasks = new Map<string, Task>()

  get size(): number {
    return this.#tasks.size
  }

  push(task: Task): void {
    this.#tasks.set(task.id, task)
  }

  /** Puts tasks that were sent but never begun before all others, in their order. */
  pushFront(tasks: readonly Task[]): void {
    if (tasks.length === 0) return
    const later = [...this.#tasks.values()]
    this.#tasks.clear()
    for (const task of [...tasks, ...later]) this.#tasks.set(task.id, task)
  }

  take(count: number): Task[] {
    const taken: Task[] = []
    for (const task of this.#tasks.values()) {
      if (taken.length === count) break
      taken.push(task)
      this.#tasks.delete(task.id)
    }
    return taken
  }

  /** Whether the task was in the queue. */
  delete(id: string): boolean {
    return this.#tasks.delete(id)
  }
}
