/** `npm run bench [trial …]`: prints what was measured on this machine, in this run. */
import { batching } from './batching.ts'
import { cancel } from './cancel.ts'
import { crowd } from './crowd.ts'
import { mobileNet } from './mobilenet.ts'
import { optimizedModels } from './optimized-models.ts'
import { reads } from './reads.ts'
import { retention } from './retention.ts'
import { slowDisk } from './slow-disk.ts'
import { start } from './start.ts'
import { storyteller } from './storyteller.ts'
import { syncPredictions } from './sync-predictions.ts'
import { tenModels } from './ten-models.ts'
import { uploads } from './uploads.ts'
import { webhooks } from './webhooks.ts'
import { weights } from './weights.ts'

const TRIALS: Record<string, () => Promise<void>> = {
  start,
  'slow-disk': slowDisk,
  reads,
  retention,
  'sync-predictions': syncPredictions,
  uploads,
  webhooks,
  crowd,
  mobilenet: mobileNet,
  batching,
  storyteller,
  'ten-models': tenModels,
  cancel,
  weights,
  'optimized-models': optimizedModels,
}

const names = process.argv.slice(2)
for (const name of names.length > 0 ? names : Object.keys(TRIALS)) {
  const trial = TRIALS[name]
  if (!trial) throw new Error(`There is no trial ${name}; choose from ${Object.keys(TRIALS).join(', ')}`)
  await trial()
}
