import { totalmem } from 'node:os'
import { isUsername } from '../accounts/username.ts'
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

export function percent(text: string): number | undefined {
  const value = Number(/^(\d{1,3})%$/.exec(text)?.[1])
  return value >= 1 && value <= 100 ? value : undefined
}

/** In a container, of what that may use. */
export function memory(text: string): number | undefined {
  if (!text.endsWith('%')) return parseBytes(text)
  const part = percent(text)
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return part === undefined ? undefined : Math.floor((machine * part) / 100)
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

export interface ListenAddress {
  host: string
  port: number
}

/** `HOST:PORT`, with an IPv6 address in brackets. */
export function listenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, name, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = bracketed ?? name
  const port = integer(0, 65535)(digits)
  return host === undefined || port === undefined ? undefined : { host, port }
}

export function onOff(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}

export function tokens(text: string): string[] | undefined {
  const entries = list(text)
  const secrets = new Set(entries.map((entry) => entry.split(':').at(-1)))
  return entries.every(isTokenEntry) && secrets.size === entries.length ? entries : undefined
}

export function usernames(text: string): string[] | undefined {
  const names = list(text)
  return names.every(isUsername) ? names : undefined
}

function isTokenEntry(entry: string): boolean {
  const [, username, token] = /^(?:([^\s:]*):)?([^\s:]+)$/.exec(entry) ?? []
  return token !== undefined && (username === undefined || isUsername(username))
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

export function origin(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return
  const url = new URL(text)
  return url.pathname === '/' && !url.search && !url.hash && !url.username ? url.origin : undefined
}

/** Requests in a minute; what is not limited is undefined. */
export interface RateLimit {
  creates: number | undefined
  others: number | undefined
}

const NO_LIMIT: RateLimit = { creates: undefined, others: undefined }
/** What Replicate allows an account (replicate-api.md 11.2). */
const REPLICATES_LIMIT: RateLimit = { creates: 600, others: 3_000 }

export function rateLimit(text: string): RateLimit | undefined {
  if (text === 'off') return NO_LIMIT
  if (text === 'replicate') return REPLICATES_LIMIT
  const parts = text.split(',').map((part) => /^\s*(creates|others)=([1-9]\d{0,8})\s*$/.exec(part))
  const limits = Object.fromEntries(parts.map((match) => [match?.[1], Number(match?.[2])]))
  const sound = parts.every((match) => match !== null) && Object.keys(limits).length === parts.length
  return sound ? { ...NO_LIMIT, ...limits } : undefined
}
