#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import type { Command } from './cli/command.ts'
import { AppError } from './errors.ts'

// Before anything else is imported, so that all of it is found compiled at the next start.
enableCompileCache()

const COMMANDS: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  'webhook-secret': async () => (await import('./cli/webhook-secret.ts')).webhookSecret,
  help: async () => (await import('./cli/help.ts')).help,
}

async function main(line: readonly string[]): Promise<void> {
  const [name = 'help', ...args] = line.includes('--help') || line.includes('-h') ? ['help'] : line
  const load = COMMANDS[name]
  if (!load) throw new AppError('configuration', `There is no command "${name}"; "reprise help" lists them`)
  const command = await load()
  await command(args, {
    environment: process.env,
    print: (text) => void process.stdout.write(`${text}\n`),
    stopped: new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve())
    }),
  })
}

try {
  await main(process.argv.slice(2))
  process.exit(0)
} catch (error) {
  const text = error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
