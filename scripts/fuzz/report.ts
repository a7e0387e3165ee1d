import { print } from '../soak/print.ts'
import type { Counts } from '../soak/tally.ts'
import { printFigures } from './figures.ts'
import type { Report } from './fuzz.ts'

export function printReport(report: Report): void {
  const { seconds, outcomes, conversations, successes, missed, longestLivenessMs, warm, end } = report
  const total = outcomes.total + conversations.total
  print(`${total} requests in ${seconds.toFixed(0)} s, ${conversations.total} of them in a manner of their own`)
  print(`answers: ${listed(outcomes)}`)
  print(`manners: ${listed(conversations)}`)
  print(`operations with successes: ${successes.entries().length}; without: ${missed.join(', ') || 'none'}`)
  print(`the longest answer to the one who only asked whether it lives took ${longestLivenessMs.toFixed(0)} ms`)
  printFigures('warm', warm)
  printFigures('end', end)
}

function listed(counts: Counts): string {
  return counts
    .entries()
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ')
}
