/** What the server sends, by the schemas that it checks its answers with. */
import type { Static } from '@sinclair/typebox'
import type { WireAccount as AccountSchema } from '../../../src/accounts/schema.ts'
import type { WireDeployment as DeploymentSchema } from '../../../src/deployments/schema.ts'
import type { WireModel as ModelSchema, WireVersion as VersionSchema } from '../../../src/models/schema.ts'
import type { WirePrediction } from '../../../src/predictions/schema.ts'
import type { WireRunners as RunnersSchema } from '../../../src/scheduler/schema.ts'

export type Account = Static<typeof AccountSchema>
export type Model = Static<typeof ModelSchema>
export type Version = Static<typeof VersionSchema>
export type Prediction = WirePrediction
export type Deployment = Static<typeof DeploymentSchema>
export type Runners = Static<typeof RunnersSchema>

export interface Page<Item> {
  next: string | null
  previous: string | null
  results: Item[]
}
