import { parseArgs } from 'node:util'
import { isLoopback } from './config/loopback.ts'
import { flagName, SETTINGS, type Setting, shownDefault, variableName } from './config/settings.ts'
import { AppError, messageOf } from './errors.ts'

type Settings = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer Value> ? Value : never }

/** Everything that can be set, with defaults filled in, and `auto` decided where nothing but settings decides it. */
export type Config = Readonly<Omit<Settings, 'privateNetwork'>> & {
  /** Whether input URLs may lead to private and loopback addresses. */
  readonly privateNetwork: boolean
}

/**
 * Reads flags, then `REPRISE_*` variables, then defaults.
 * @throws AppError `configuration` that names every setting at fault.
 */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Config {
  const flags = parseFlags(args)
  const problems: string[] = []

  function read({ name, default: fallback, parse, expected, secret }: Setting<unknown>): unknown {
    const flag = flags[flagName(name)]
    const text = flag ?? environment[variableName(name)] ?? fallback
    if (text === undefined) return
    const value = parse(text)
    if (value === undefined) {
      const where = flag === undefined ? variableName(name) : `--${flagName(name)}`
      problems.push(secret ? `${where} has to be ${expected}` : `${where} is "${text}", but has to be ${expected}`)
    }
    return value
  }

  const values = Object.fromEntries(Object.entries(SETTINGS).map(([key, setting]) => [key, read(setting)]))
  if (problems.length > 0) throw new AppError('configuration', problems.join('\n'))
  // Each has been parsed by its own setting.
  const settings = values as Settings
  const { host, privateNetwork } = settings
  return Object.freeze({
    ...settings,
    privateNetwork: privateNetwork === 'on' || (privateNetwork === 'auto' && isLoopback(host)),
  })
}

/** The settings as lines of a help text. */
export function describeSettings(): string {
  return Object.values(SETTINGS)
    .map((setting: Setting<unknown>) => {
      const shown = shownDefault(setting)
      return `  --${flagName(setting.name).padEnd(16)} ${setting.meaning}${shown === undefined ? '' : ` (${shown})`}`
    })
    .join('\n')
}

function parseFlags(args: readonly string[]): Record<string, string | undefined> {
  try {
    const options = Object.fromEntries(
      Object.values(SETTINGS).map(({ name }) => [flagName(name), { type: 'string' as const }]),
    )
    const { values } = parseArgs({ args: [...args], options })
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
  } catch (error) {
    throw new AppError('configuration', `${messageOf(error)}; "reprise help" lists the flags`)
  }
}
