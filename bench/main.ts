/** `npm run bench [trial …]`: prints what was measured on this machine, in this run. */
import { reads } from './reads.ts'
import { slowDisk } from './slow-disk.ts'
import { start } from './start.ts'
import { syncPredictions } from './sync-predictions.ts'
import { uploads } from './uploads.ts'
import { webhooks } from './webhooks.ts'

const TRIALS: Record<string, () => Promise<void>> = {
  start,
  'slow-disk': slowDisk,
  reads,
  'sync-predictions': syncPredictions,
  uploads,
  webhooks,
}

const names = process.argv.slice(2)
for (const name of names.length > 0 ? names : Object.keys(TRIALS)) {
  const trial = TRIALS[name]
  if (!trial) throw new Error(`There is no trial ${name}; choose from ${Object.keys(TRIALS).join(', ')}`)
  await trial()
}
