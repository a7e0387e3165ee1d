import { totalmem } from 'node:os'
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
