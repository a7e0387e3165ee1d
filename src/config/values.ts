import { totalmem } from 'node:os'
import { parseBytes } from '../byte-size.ts'
import { parseDuration } from '../duration.ts'

export function nonEmpty(text: string): string | undefined {
  return text.trim() === '' ? undefined : text
}

export function integer(least: number, most: number) {
  return (text: string): number | undefined => {
    const value = Number(text)
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined
  }
}

/** In a container, of what that may use. */
export function memory(text: string): number | undefined {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1]
  if (percent === undefined) return parseBytes(text)
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Number(percent) >= 1 && Number(percent) <= 100 ? Math.floor((machine * Number(percent)) / 100) : undefined
}

/** How long something stays: a duration, also in days, or `off` for ever. */
export function lifetime(text: string, leastMs: number): number | 'off' | undefined {
  if (text === 'off') return text
  const days = /^(\d{1,6})d$/.exec(text)?.[1]
  const value = days === undefined ? parseDuration(text) : Number(days) * 24 * 3_600_000
  return value !== undefined && value >= leastMs ? value : undefined
}

export function within(value: number | undefined, most: number): number | undefined {
  return value !== undefined && value <= most ? value : undefined
}

export function onOff(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}

export function tokens(text: string): string[] | undefined {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  const secrets = new Set(entries.map((entry) => entry.split(':').at(-1)))
  const sound = entries.every((entry) => /^(?:[a-z0-9._-]+:)?[^\s:]+$/i.test(entry)) && secrets.size === entries.length
  return sound ? entries : undefined
}

export function origin(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return
  const url = new URL(text)
  return url.pathname === '/' && !url.search && !url.hash && !url.username ? url.origin : undefined
}
