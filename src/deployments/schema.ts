import { type Static, Type } from '@sinclair/typebox'
import { toWireAccount, WireAccount } from '../accounts/schema.ts'
import { reference } from '../http/schemas.ts'
import type { Configuration, Deployment } from './deployment.ts'

const MOST_KEPT = 5
const MOST_INSTANCES = 20
const LONGEST_NAME = 64

const Name = Type.String({
  pattern: '^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$',
  maxLength: LONGEST_NAME,
  description: 'Lower case letters and digits, and between them dashes, underscores and periods.',
})
const Version = Type.String({ description: 'Id of a version of the model.' })
const HardwareSku = Type.String({ description: 'One of /v1/hardware.' })
const MinInstances = Type.Integer({
  minimum: 0,
  maximum: MOST_KEPT,
  description: 'Instances that are kept loaded.',
})
const MaxInstances = Type.Integer({
  minimum: 0,
  maximum: MOST_INSTANCES,
  description: 'The most instances while predictions wait; with 0 it takes none.',
})

const closed = { additionalProperties: false }

export const CreateDeployment = Type.Object(
  {
    name: Name,
    model: Type.String({ description: 'owner/name' }),
    version: Version,
    hardware: HardwareSku,
    min_instances: MinInstances,
    max_instances: MaxInstances,
  },
  { ...closed, $id: 'CreateDeployment' },
)

export const UpdateDeployment = Type.Object(
  {
    version: Type.Optional(Version),
    hardware: Type.Optional(HardwareSku),
    min_instances: Type.Optional(MinInstances),
    max_instances: Type.Optional(MaxInstances),
  },
  { ...closed, $id: 'UpdateDeployment' },
)

/** replicate-api.md 10.4 */
export const WireDeployment = Type.Object(
  {
    owner: Type.String(),
    name: Type.String(),
    current_release: Type.Object({
      number: Type.Integer({ description: 'Counts from 1.' }),
      model: Type.String({ description: 'owner/name' }),
      version: Type.String(),
      created_at: Type.String({ format: 'date-time' }),
      created_by: reference(WireAccount),
      configuration: Type.Object({
        hardware: Type.String(),
        min_instances: Type.Integer(),
        max_instances: Type.Integer(),
      }),
    }),
  },
  { $id: 'Deployment' },
)

/** What an update changes. */
export function changesOf(body: Static<typeof UpdateDeployment>): Partial<Configuration> {
  const { version, hardware, min_instances: minInstances, max_instances: maxInstances } = body
  return {
    ...(version === undefined ? {} : { version }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(minInstances === undefined ? {} : { minInstances }),
    ...(maxInstances === undefined ? {} : { maxInstances }),
  }
}

export function toWireDeployment({ owner, name, release }: Deployment): Static<typeof WireDeployment> {
  const { number, model, version, createdAt, createdBy, hardware, minInstances, maxInstances } = release
  return {
    owner,
    name,
    current_release: {
      number,
      model,
      version,
      created_at: new Date(createdAt).toISOString(),
      created_by: toWireAccount({ username: createdBy }),
      configuration: { hardware, min_instances: minInstances, max_instances: maxInstances },
    },
  }
}
