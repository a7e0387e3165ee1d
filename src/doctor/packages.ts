import { formatDuration } from '../duration.ts'
import { messageOf } from '../errors.ts'
import { readAbout } from '../models/about.ts'
import { listContent } from '../models/content-hash.ts'
import { readPackage } from '../models/package.ts'
import { findPackages } from '../models/package-scan.ts'
import { assertSoundSchema } from '../models/sound-schema.ts'
import { runnerLauncher } from '../runner/host.ts'
import { inspectPackage } from '../runner/inspect.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

const AT_ONCE = 2
/** For one package, as the server has it, and for all of them. */
const PATIENCE_MS = 60_000
const PATIENCE_WITH_ALL_MS = 120_000

/** Looks at every package as the server does, without setup. */
export async function checkPackages(
  dirs: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const packages = await findPackages(dirs, (dir, reason) =>
    findings.push(warning(`${dir} holds no model: ${reason}`, 'mend it, or take it out of REPRISE_MODELS_DIR')),
  )
  const sound: string[] = []
  const signal = AbortSignal.timeout(PATIENCE_WITH_ALL_MS)
  const launch = runnerLauncher(environment, { add() {}, remove() {} })
  const queue = packages.entries()
  const work = async () => {
    for (const [name, dir] of queue) {
      if (signal.aborted) continue
      try {
        const [{ entry, yaml }] = await Promise.all([readPackage(dir), listContent(dir)])
        await readAbout(dir, yaml)
        assertSoundSchema(await inspectPackage(launch, { dir, entry, sourceDir: dir }, PATIENCE_MS, signal))
        sound.push(name)
      } catch (error) {
        if (!signal.aborted) findings.push(problem(`${name} is not served: ${messageOf(error)}`, `mend ${dir}`))
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (signal.aborted)
    findings.push(
      warning(
        `within ${formatDuration(PATIENCE_WITH_ALL_MS)} not all of ${packages.size} packages could be looked at`,
        'start the server, whose log names those that are broken',
      ),
    )
  if (packages.size === 0) findings.push(warning('there are none', 'put packages into a folder of REPRISE_MODELS_DIR'))
  if (sound.length > 0) findings.push(ok(`${sound.length} can be served: ${sound.sort().join(', ')}`))
  return findings
}
