import { readFileSync } from 'node:fs'
import { type Finding, ok, problem } from './finding.ts'

/** Beside the sources, and beside `dist` in the published package. */
const PACKAGE = new URL('../../package.json', import.meta.url)

export function checkNode(version = process.versions.node): Finding {
  const { engines }: { engines: { node: string } } = JSON.parse(readFileSync(PACKAGE, 'utf8'))
  const least = engines.node.replace(/^>=/, '')
  return isAtLeast(version, least)
    ? ok(`${version}, on ${process.platform} ${process.arch}`)
    : problem(`${version} is older than ${least}`, 'start reprise with a newer Node; Node 24 comes with its install')
}

function isAtLeast(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number))
  for (const [index, part] of (need ?? []).entries()) {
    const own = have?.[index] ?? 0
    if (own !== part) return own > part
  }
  return true
}
