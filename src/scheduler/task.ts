import type { OutputFile, RunRequest } from '../runner/protocol.ts'

/** When a runner was being loaded, by the monotonic clock. */
export interface Loading {
  readonly from: number
  readonly to: number
}

/** A piece of work for a runner, as the scheduler sees it. The callbacks come in order, and none after an ending one. */
export interface Task extends Omit<RunRequest, 'alone'> {
  /** About how many characters the input takes. */
  readonly size: number
  /** Whether somebody still waits for it: it has not been canceled, and has not ended in another way. */
  readonly wanted: boolean
  /** Records durably that a runner is about to run this. */
  claim(): Promise<void>
  /**
   * It has been handed to a runner, where it waits for what that does at the moment. May be called again.
   * @param loading of that runner; it may lie far back
   */
  onSent(loading?: Loading): void
  /** Its runner has ended before its turn came: it waits for another. */
  onReturned(): void
  /** May be called again, for a member of a batch that is given a second chance. */
  onStarted(): void
  /** @param files with paths that begin with an index in `values` */
  onOutput(values: readonly unknown[], files: readonly OutputFile[]): void
  /** Also tells, before the start, how the loading of the model goes. */
  onLog(text: string): void
  onMetric(name: string, value: number): void
  /** @param storeSeconds the part of the time in which it stored its files */
  onDone(output: unknown, files: readonly OutputFile[], seconds: number, storeSeconds?: number): void
  onFailed(message: string, seconds?: number): void
  /** Comes last, after an abandoned run: the runner does nothing more for it. */
  onReleased(): void
}
