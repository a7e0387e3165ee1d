import { expect } from 'vitest'
import type { TestServer } from './server.ts'

/** What a scrape has shown. */
export interface Scrape {
  text: string
  /** The value of the series with these labels, and others; those of several are added up; 0 where there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
  /** The values that a label has, of the series of a metric. */
  values(name: string, label: string): string[]
}

export async function scrape(server: Pick<TestServer, 'call'>, headers: Record<string, string> = {}): Promise<Scrape> {
  const response = await server.call('GET', '/metrics', { headers })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseScrape(text)
}

export function parseScrape(text: string): Scrape {
  const series = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseLine)
  return {
    text,
    sum: (name, labels = {}) =>
      series
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, { value }) => sum + value, 0),
    values: (name, label) => [
      ...new Set(series.filter((one) => one.name === name).flatMap(({ labels }) => labels[label] ?? [])),
    ],
  }
}

function parseLine(line: string): { name: string; labels: Record<string, string>; value: number } {
  const [, name = '', inner = '', value = ''] = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  expect(name, line).not.toBe('')
  const labels = [...inner.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text])
  return {
    name,
    labels: Object.fromEntries(labels),
    value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
  }
}
