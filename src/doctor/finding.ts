export type Level = 'ok' | 'warning' | 'problem'

/** What one look has found. */
export interface Finding {
  /** A warning lets the server start; a problem keeps it, or a part of it, from working. */
  level: Level
  text: string
  /** What to do about it. */
  advice?: string
}

export function ok(text: string): Finding {
  return { level: 'ok', text }
}

export function warning(text: string, advice: string): Finding {
  return { level: 'warning', text, advice }
}

export function problem(text: string, advice: string): Finding {
  return { level: 'problem', text, advice }
}

/** What is wrong, or where nothing is, that it is well. */
export function orWell(faults: readonly Finding[], text: string): readonly Finding[] {
  return faults.length > 0 ? faults : [ok(text)]
}
