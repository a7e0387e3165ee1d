import type { Prediction } from '../../src/predictions/prediction.ts'

const QUEUED: Prediction = {
  id: '01hf0000000000000000000000',
  account: 'local',
  model: 'test/model',
  version: 'a'.repeat(64),
  contentHash: 'b'.repeat(64),
  deployment: null,
  status: 'starting',
  revision: 0,
  source: 'api',
  input: { text: 'hello' },
  sealedSecrets: null,
  inputParts: [],
  output: null,
  outputFiles: [],
  logs: '',
  error: null,
  metrics: null,
  createdAt: 1_700_000_000_000,
  claimedAt: null,
  startedAt: null,
  completedAt: null,
  deadline: null,
  webhook: null,
  webhookEventsFilter: null,
  origin: 'http://localhost:3000',
  streamSecret: null,
  streamsFiles: false,
  inlineFiles: false,
  dataRemoved: false,
  idempotencyKey: null,
  requestHash: null,
  destination: null,
  trace: null,
}

/** A prediction that has just been queued, apart from what is given. */
export function makePrediction(changed: Partial<Prediction> = {}): Prediction {
  return { ...QUEUED, ...changed }
}
