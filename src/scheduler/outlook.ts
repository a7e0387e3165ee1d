/** What is known of the runs that go before one that waits. */
export interface Prospect {
  /** Runs that are to begin before it. */
  before: number
  /** Runs that begin together: one in each replica, or a batch. */
  together: number
  /** How long a run takes; undefined while none has been measured. */
  runMs: number | undefined
  /** How long until the next run can begin; undefined where nobody can tell. */
  nextInMs: number | undefined
}

/** Where a task stands that has not begun. */
export interface Outlook {
  /** 1 is next. */
  position: number
  /** In how long it begins, as far as that can be told. */
  beginsInMs: number | undefined
}

export function outlookOf({ before, together, runMs, nextInMs }: Prospect): Outlook {
  const rounds = Math.floor(before / together)
  const others = rounds === 0 ? 0 : runMs === undefined ? undefined : rounds * runMs
  const beginsInMs = nextInMs === undefined || others === undefined ? undefined : nextInMs + others
  return { position: before + 1, beginsInMs }
}
