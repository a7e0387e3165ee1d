#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import type { Command, Terminal } from './cli/command.ts'
import { terminalOf } from './cli/terminal.ts'
import { AppError } from './errors.ts'

// Before anything else is imported, so that all of it is found compiled at the next start.
enableCompileCache()

const COMMANDS: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  models: async () => (await import('./cli/models.ts')).models,
  predict: async () => (await import('./cli/predict.ts')).predict,
  push: async () => (await import('./cli/push.ts')).push,
  token: async () => (await import('./cli/token.ts')).token,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  'webhook-secret': async () => (await import('./cli/webhook-secret.ts')).webhookSecret,
  backup: async () => (await import('./cli/backup.ts')).backup,
  restore: async () => (await import('./cli/restore.ts')).restore,
  vacuum: async () => (await import('./cli/vacuum.ts')).vacuum,
  help: async () => (await import('./cli/help.ts')).help,
}

async function main(line: readonly string[], terminal: Terminal): Promise<void> {
  const asksForHelp = line.includes('--help') || line.includes('-h')
  const [name = 'help', ...args] = asksForHelp
    ? ['help', ...line.slice(0, 1).filter((word) => Object.hasOwn(COMMANDS, word))]
    : line
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) throw new AppError('configuration', `There is no command "${name}"; "reprise help" lists them`)
  const command = await load()
  await command(args, terminal)
}

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve())
  // Whoever read the output has gone, as `head` does.
  process.stdout.on('error', () => resolve())
})
const terminal = terminalOf(process, stopped)

try {
  await main(process.argv.slice(2), terminal)
  terminal.status('')
  process.exit(0)
} catch (error) {
  const text = error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error)
  terminal.status('')
  terminal.tell(`${text}\n`)
  process.exit(1)
}
