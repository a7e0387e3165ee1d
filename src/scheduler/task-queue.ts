import type { Task } from './task.ts'

/**
 * The accounts take turns; of each, what came first goes first. Any task can leave early at no cost that grows with the
 * queue.
 */
export class TaskQueue {
  /** The account whose turn is next comes first; none is here without a task. */
  readonly #accounts = new Map<string, Map<string, Task>>()
  readonly #accountOf = new Map<string, string>()

  get size(): number {
    return this.#accountOf.size
  }

  push(task: Task): void {
    this.#accountOf.set(task.id, task.account)
    const tasks = this.#accounts.get(task.account)
    if (tasks) tasks.set(task.id, task)
    else this.#accounts.set(task.account, new Map([[task.id, task]]))
  }

  /** Puts tasks that were sent but never begun before all others, in their order. */
  pushFront(tasks: readonly Task[]): void {
    if (tasks.length === 0) return
    const later = [...this.#accounts]
    this.#accounts.clear()
    for (const task of tasks) this.push(task)
    for (const [account, waiting] of later) {
      const earlier = this.#accounts.get(account)
      if (!earlier) this.#accounts.set(account, waiting)
      else for (const [id, task] of waiting) earlier.set(id, task)
    }
  }

  take(count: number): Task[] {
    const taken: Task[] = []
    while (taken.length < count) {
      const [next] = this.#accounts
      if (!next) break
      const [account, tasks] = next
      // Nobody else waits: no turns to take.
      const turn = this.#accounts.size === 1 ? count - taken.length : 1
      for (const task of tasks.values()) {
        taken.push(task)
        tasks.delete(task.id)
        this.#accountOf.delete(task.id)
        if (taken.length === count || turn === 1) break
      }
      this.#accounts.delete(account)
      if (tasks.size > 0) this.#accounts.set(account, tasks)
    }
    return taken
  }

  /** Whether the task was in the queue. */
  delete(id: string): boolean {
    const account = this.#accountOf.get(id)
    if (account === undefined) return false
    this.#accountOf.delete(id)
    const tasks = this.#accounts.get(account)
    tasks?.delete(id)
    if (tasks?.size === 0) this.#accounts.delete(account)
    return true
  }

  *[Symbol.iterator](): Generator<Task> {
    for (const tasks of this.#accounts.values()) yield* tasks.values()
  }
}
