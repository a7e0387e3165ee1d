import type { Delivery } from './delivery.ts'

/** Whoever counts and measures webhooks. */
export interface WebhookObserver {
  /**
   * What became of a try has been committed.
   * @param lagMs from when it was due
   */
  onTried(after: Delivery, lagMs: number): void
}
