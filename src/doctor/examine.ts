import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { listMigrations, MIGRATIONS_DIR } from '../db/migrate.ts'
import { messageOf } from '../errors.ts'
import { packageDirs } from '../package-dirs.ts'
import { checkAddresses } from './addresses.ts'
import { checkClock } from './clock.ts'
import { checkConfiguration } from './configuration.ts'
import { readData } from './data.ts'
import { judgeFolder, readFolder } from './data-folder.ts'
import { judgeDatabase, readDatabaseFiles } from './database.ts'
import { checkEngine } from './engine.ts'
import { type Finding, problem, warning } from './finding.ts'
import { checkGpus } from './gpus.ts'
import { checkNode } from './node-version.ts'
import { checkPackages } from './packages.ts'
import { judgePort, readPort } from './port.ts'
import { checkMemory, checkThreads, readResources } from './resources.ts'
import { checkTokens } from './tokens.ts'

/** A finding, and what was looked at. */
export type Line = Finding & { check: string }

type Look = () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>

/**
 * Looks at all that a server needs to run, one after the other, and changes nothing.
 * @param args flags of `serve`
 */
export async function* examine(args: readonly string[], environment: NodeJS.ProcessEnv): AsyncGenerator<Line> {
  yield* look('node', () => checkNode())
  const { config, findings } = checkConfiguration(args, environment)
  yield* look('configuration', () => findings)
  if (config) yield* examineWith(config, environment)
  else
    yield* look('the rest', () =>
      warning('folders, models and addresses are not looked at', 'correct the configuration, and run doctor again'),
    )
  yield* look('engine', () => checkEngine(environment))
  yield* look('GPU', () => checkGpus(environment))
}

async function* examineWith(config: Config, environment: NodeJS.ProcessEnv): AsyncGenerator<Line> {
  const dataDir = resolve(config.dataDir)
  const { locked, database } = await readData(dataDir, environment)
  const read = database?.type === 'read' ? database : undefined
  yield* look('data folder', async () => judgeFolder(await readFolder(dataDir, locked)))
  yield* look('database', async () =>
    judgeDatabase(await readDatabaseFiles(dataDir), database, listMigrations(MIGRATIONS_DIR).length),
  )
  const stored = database ? read?.tokenAccounts : []
  const { open, finding } = checkTokens(config, stored)
  yield* look('tokens', () => finding)
  yield* look('addresses', () => checkAddresses(config, open))
  yield* look('port', async () => judgePort(config, await readPort(config), locked))
  yield* look('clock', () =>
    checkClock({
      now: Date.now(),
      monotonic: [performance.now(), performance.now()],
      lastCreatedAt: read?.lastCreatedAt,
    }),
  )
  const resources = readResources(locked)
  yield* look('threads', () => checkThreads(config, resources))
  yield* look('memory', () => checkMemory(config, resources))
  yield* look('models', () => checkPackages(packageDirs(config), environment))
}

/** What cannot be looked at is a finding, too, and keeps nobody from looking at the rest. */
async function* look(check: string, at: Look): AsyncGenerator<Line> {
  let found: Finding | readonly Finding[]
  try {
    found = await at()
  } catch (error) {
    found = problem(`it cannot be looked at: ${messageOf(error)}`, 'run doctor as the user of the server')
  }
  for (const finding of 'level' in found ? [found] : found) yield { check, ...finding }
}
