import type { Task } from '../../src/scheduler/task.ts'

/** A task that writes down what becomes of it. */
export class FakeTask implements Task {
  readonly id: string
  readonly account: string
  readonly input = {}
  readonly inputFiles = []
  size = 1
  readonly story: string[] = []
  wanted = true
  /** When the claim is on disk. */
  claimed: Promise<void> = Promise.resolve()

  constructor(id: string, account = 'alice') {
    this.id = id
    this.account = account
  }

  claim(): Promise<void> {
    this.story.push('claim')
    return this.claimed
  }

  onSent(): void {}

  onReturned(): void {}

  onStarted(): void {
    this.story.push('started')
  }

  onOutput(values: readonly unknown[]): void {
    this.story.push(`output ${values.join(' ')}`)
  }

  onLog(text: string): void {
    this.story.push(`log ${text}`)
  }

  onMetric(name: string, value: number): void {
    this.story.push(`metric ${name} ${value}`)
  }

  onDone(output: unknown): void {
    this.story.push(`done ${output}`)
  }

  onReleased(): void {
    this.story.push('released')
  }

  onFailed(message: string): void {
    this.story.push(`failed: ${message}`)
  }
}
