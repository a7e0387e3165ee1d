import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Once, before any test: the pages that the servers of the tests hand out. */
export default function buildPlayground(): void {
  const script = fileURLToPath(new URL('../../scripts/build-playground.ts', import.meta.url))
  execFileSync(process.execPath, [script, '--if-changed'], { stdio: 'inherit' })
}
