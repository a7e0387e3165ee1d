import { examine, type Line } from '../doctor/examine.ts'
import { AppError } from '../errors.ts'
import type { Command } from './command.ts'
import { onOneLine } from './table.ts'

const JSON_FLAG = '--json'
const LEVEL_WIDTH = 'warning'.length
const CHECK_WIDTH = 'configuration'.length

/** Looks at this machine as a server with these settings would find it; fails when something keeps it from working. */
export const doctor: Command = async (args, { environment, print, status }) => {
  const asJson = args.includes(JSON_FLAG)
  const settings = args.filter((arg) => arg !== JSON_FLAG)
  const lines: Line[] = []
  status('looking …')
  for await (const line of examine(settings, environment)) {
    lines.push(line)
    if (!asJson) print(format(line))
  }
  if (asJson) print(JSON.stringify(lines, null, 2))
  const problems = lines.filter(({ level }) => level === 'problem').length
  if (problems > 0)
    throw new AppError('configuration', `${problems} ${problems === 1 ? 'problem was' : 'problems were'} found`)
}

function format({ level, check, text, advice }: Line): string {
  const what = onOneLine(advice === undefined ? text : `${text}; ${advice}`)
  return `${level.padEnd(LEVEL_WIDTH)}  ${check.padEnd(CHECK_WIDTH)}  ${what}`
}
