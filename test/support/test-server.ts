import { onTestFinished } from 'vitest'
import type { Overrides } from '../../src/compose.ts'
import { type ServerProcess, type Settings, spawnServer, startServer, type TestServer } from './server.ts'

/** A server in this process that is closed when the test ends. */
export async function testServer(settings: Settings = {}, overrides: Overrides = {}): Promise<TestServer> {
  const server = await startServer(settings, overrides)
  onTestFinished(() => server.close())
  return server
}

/** A server process that is killed when the test ends, if it still runs. */
export async function testProcess(dataDir: string, settings: Settings = {}): Promise<ServerProcess> {
  const server = await spawnServer(dataDir, settings)
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  return server
}
