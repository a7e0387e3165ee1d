import { totalmem } from 'node:os'
import { isUsername } from '../accounts/username.ts'
import { parseBytes } from '../byte-size.ts'

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

export function within(value: number | undefined, most: number): number | undefined {
  return value !== undefined && value <= most ? value : undefined
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
