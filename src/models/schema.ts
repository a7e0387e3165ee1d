import { type Static, Type } from '@sinclair/typebox'
import { reference } from '../http/schemas.ts'
import { oneOf } from '../one-of.ts'
import type { Model } from './model.ts'
import type { Version } from './version.ts'

/** Clients compare this as a Python version and treat outputs of anything below 0.3.9 differently (trap 40). */
const COG_VERSION = '0.16.7'

const Text = Type.Union([Type.String(), Type.Null()])

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
    visibility: oneOf(['public', 'private']),
    is_official: Type.Boolean(),
    github_url: Text,
    paper_url: Text,
    license_url: Text,
    run_count: Type.Integer(),
    cover_image_url: Text,
    default_example: Type.Null(),
    latest_version: Type.Union([reference(WireVersion), Type.Null()]),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'Model' },
)

export function toWireVersion({ id, createdAt, openapiSchema }: Version): Static<typeof WireVersion> {
  return {
    id,
    created_at: new Date(createdAt).toISOString(),
    cog_version: COG_VERSION,
    openapi_schema: { ...openapiSchema },
  }
}

export function toWireModel(
  { owner, name, about, runCount, createdAt, current }: Model,
  origin: string,
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
    run_count: runCount,
    cover_image_url: null,
    default_example: null,
    latest_version: current ? toWireVersion(current) : null,
    created_at: new Date(createdAt).toISOString(),
  }
}
