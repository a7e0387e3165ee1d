import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { reference } from '../http/schemas.ts'
import { oneOf } from '../one-of.ts'
import { WirePrediction } from '../predictions/schema.ts'
import { LONGEST_README_BYTES } from './about.ts'
import { type Model, SORT_KEYS, VISIBILITIES } from './model.ts'
import type { Version } from './version.ts'

/** Clients compare this as a Python version and treat outputs of anything below 0.3.9 differently (trap 40). */
const COG_VERSION = '0.16.7'

const Text = Type.Union([Type.String(), Type.Null()])

/** The part of a path that names a model, and the one that names a version. */
export const ModelName = Type.Object({ owner: Type.String(), name: Type.String() })
export const VersionName = Type.Object({ owner: Type.String(), name: Type.String(), id: Type.String() })

/** replicate-api.md 9.2 */
export const WireVersion = Type.Object(
  {
    id: Type.String(),
    created_at: Type.String({ format: 'date-time' }),
    cog_version: Type.String(),
    openapi_schema: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: 'Version' },
)

/** replicate-api.md 9.1 */
export const WireModel = Type.Object(
  {
    url: Type.String(),
    owner: Type.String(),
    name: Type.String(),
    description: Text,
    visibility: oneOf(VISIBILITIES),
    is_official: Type.Boolean(),
    github_url: Text,
    paper_url: Text,
    license_url: Text,
    weights_url: Text,
    run_count: Type.Integer(),
    cover_image_url: Text,
    default_example: Type.Union([reference(WirePrediction), Type.Null()]),
    latest_version: Type.Union([reference(WireVersion), Type.Null()]),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'Model' },
)

const LONGEST_LINE = 10_000

/** All that is told of a model is kept in memory. */
function text(maxLength: number) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength })
}

const Told = {
  description: text(LONGEST_LINE),
  github_url: text(LONGEST_LINE),
  paper_url: text(LONGEST_LINE),
  license_url: text(LONGEST_LINE),
  cover_image_url: text(LONGEST_LINE),
}

export const CreateModel = Type.Object(
  {
    owner: Type.String({ description: 'The account of the token; operators may name any.' }),
    name: Type.String(),
    visibility: oneOf(VISIBILITIES, 'A private model is there for its owner and for operators alone.'),
    hardware: Type.String({
      maxLength: LONGEST_LINE,
      description: 'Kept for whoever asks; a version runs on what its package says.',
    }),
    ...optional(Told),
  },
  { additionalProperties: false, $id: 'CreateModel' },
)

export const UpdateModel = Type.Object(
  {
    ...optional(Told),
    readme: Type.Optional(text(LONGEST_README_BYTES)),
    weights_url: Type.Optional(text(LONGEST_LINE)),
    visibility: Type.Optional(oneOf(VISIBILITIES)),
  },
  { additionalProperties: false, $id: 'UpdateModel' },
)

export const ListModelsQuery = Type.Object({
  cursor: Type.Optional(Type.String()),
  sort_by: Type.Optional(oneOf(SORT_KEYS)),
  sort_direction: Type.Optional(oneOf(['asc', 'desc'])),
})

function optional<Fields extends Record<string, TSchema>>(fields: Fields) {
  return Type.Partial(Type.Object(fields)).properties
}

export function toWireVersion({ id, createdAt, openapiSchema }: Version): Static<typeof WireVersion> {
  return {
    id,
    created_at: new Date(createdAt).toISOString(),
    cog_version: COG_VERSION,
    openapi_schema: { ...openapiSchema },
  }
}

/** What of a model lies elsewhere. */
export interface Surroundings {
  origin: string
  coverUrl: string | null
  example: WirePrediction | null
}

export function toWireModel(
  { owner, name, about, runCount, createdAt, current }: Model,
  { origin, coverUrl, example }: Surroundings,
): Static<typeof WireModel> {
  return {
    url: `${origin}/${owner}/${name}`,
    owner,
    name,
    description: about.description ?? null,
    visibility: about.visibility,
    is_official: false,
    github_url: about.github_url ?? null,
    paper_url: about.paper_url ?? null,
    license_url: about.license_url ?? null,
    weights_url: about.weights_url ?? null,
    run_count: runCount,
    cover_image_url: coverUrl ?? about.cover_image_url ?? null,
    default_example: example,
    latest_version: current ? toWireVersion(current) : null,
    created_at: new Date(createdAt).toISOString(),
  }
}
