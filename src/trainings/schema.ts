import { type Static, Type } from '@sinclair/typebox'
import { isRecord } from '../is-record.ts'
import { createFields, WirePrediction } from '../predictions/schema.ts'

const { urls: _urls, ...shared } = WirePrediction.properties

/** A training on the wire (replicate-api.md 10.5): a prediction with URLs of its own, and a version as its output. */
export const WireTraining = Type.Object(
  {
    ...shared,
    output: Type.Optional(
      Type.Object({ version: Type.String({ description: 'The version that was made, as owner/name:<id>.' }) }),
    ),
    urls: Type.Object({ get: Type.String(), cancel: Type.String(), web: Type.String() }),
  },
  { $id: 'Training' },
)

export type WireTraining = Static<typeof WireTraining>

/** Body of a create; one client also names the version, which the path does (replicate-api.md trap 23). */
export const CreateTraining = Type.Object(
  {
    destination: Type.String({ description: 'owner/name of the model that gets the new version.' }),
    ...createFields,
    input: Type.Object(
      {},
      { additionalProperties: true, description: 'Inputs by name, as `TrainingInput` of the version says.' },
    ),
    version: Type.Optional(Type.String({ description: 'Ignored: the path names it.' })),
  },
  { additionalProperties: false, $id: 'CreateTraining' },
)

/** As a training that is found under its own URLs. */
export function toWireTraining(shown: WirePrediction, origin: string): WireTraining {
  const url = `${origin}/v1/trainings/${shown.id}`
  return { ...toWireCreated(shown), urls: { get: url, cancel: `${url}/cancel`, web: shown.urls.web } }
}

/** As a create answers: with the URLs of a prediction, and no output before there is one. */
export function toWireCreated({ output, urls: { get, cancel, web }, ...shown }: WirePrediction): WireTraining {
  const made = isRecord(output) && typeof output.version === 'string' ? { output: { version: output.version } } : {}
  return { ...shown, ...made, urls: { get, cancel, web } }
}
