/** What a server process holds at a moment, and what it has done since the last time it was asked. */
export interface Footprint {
  /** After a collection of all garbage. */
  heapMib: number
  rssMib: number
  /** Connections that are open. */
  sockets: number
  /** Timers that keep the process alive. */
  timers: number
  /** Of all its threads. */
  cpuSeconds: number
  /** How late its event loop was. */
  lagMs: { median: number; p99: number; longest: number }
}
