import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new empty folder; the caller removes it. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'reprise-'))
}

export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}

/** A new empty folder that is removed when the test ends. */
export function testFolder(): string {
  const dir = makeFolder()
  onTestFinished(() => removeFolder(dir))
  return dir
}
