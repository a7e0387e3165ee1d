/** What a server process holds at a moment, and how long its event loop was kept since the last time it was asked. */
export interface Footprint {
  /** After a collection of all garbage. */
  heapMib: number
  rssMib: number
  /** Connections that are open. */
  sockets: number
  /** Timers that keep the process alive. */
  timers: number
  lagMs: { median: number; p99: number; longest: number }
}
