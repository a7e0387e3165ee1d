#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { AppError } from './errors.ts'

// Before anything else is imported, so that all of it is found compiled at the next start.
enableCompileCache()

const COMMANDS: Record<string, () => Promise<(args: readonly string[]) => Promise<void>>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
}

async function main([name = 'help', ...args]: readonly string[]): Promise<void> {
  const load = COMMANDS[name]
  if (!load) {
    const { help } = await import('./cli/help.ts')
    process.stdout.write(help)
    process.exitCode = name === 'help' || name === '--help' ? 0 : 2
    return
  }
  const command = await load()
  await command(args)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const text = error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
}
