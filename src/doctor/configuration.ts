import { SETTINGS, variableName } from '../config/settings.ts'
import type { Config } from '../config.ts'
import { readConfig } from '../config.ts'
import { messageOf } from '../errors.ts'
import { type Finding, orWell, problem, warning } from './finding.ts'

/** Variables of commands that speak to a server. */
const OTHERS = ['REPRISE_URL', 'REPRISE_TOKEN']
const EXPLAINED = 'correct it; docs/settings.md and "reprise help serve" tell what there is'

export interface ReadConfiguration {
  /** Undefined where the server would not start with it. */
  config: Config | undefined
  findings: readonly Finding[]
}

export function checkConfiguration(args: readonly string[], environment: NodeJS.ProcessEnv): ReadConfiguration {
  const known = new Set([...Object.values(SETTINGS).map(({ name }) => variableName(name)), ...OTHERS])
  const set = Object.keys(environment).filter((name) => name.startsWith('REPRISE_'))
  const faults: Finding[] = set
    .filter((name) => !known.has(name))
    .map((name) => warning(`${name} is set, but there is no such setting`, EXPLAINED))
  try {
    const config = readConfig(args, environment)
    return { config, findings: orWell(faults, 'every setting makes sense') }
  } catch (error) {
    const lines = messageOf(error).split('\n')
    return { config: undefined, findings: [...lines.map((line) => problem(line, EXPLAINED)), ...faults] }
  }
}
