import { type Static, Type } from '@sinclair/typebox'
import { reference } from '../http/schemas.ts'
import { WireModel } from '../models/schema.ts'

const Text = Type.Union([Type.String(), Type.Null()])

const described = { name: Type.String(), slug: Type.String(), description: Type.String() }

/** A collection in a list (replicate-api.md 10.1). */
export const WireCollection = Type.Object(described, { $id: 'Collection' })

export const WireWholeCollection = Type.Object(
  { ...described, full_description: Text, models: Type.Array(reference(WireModel)) },
  { $id: 'CollectionWithModels' },
)

export const SearchQuery = Type.Object({
  query: Type.Optional(Type.String({ description: 'Required.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 20 })),
})

/** replicate-api.md 10.6 */
export const WireSearch = Type.Object(
  {
    query: Type.String(),
    models: Type.Array(
      Type.Object({
        model: reference(WireModel),
        metadata: Type.Object({
          generated_description: Type.String(),
          tags: Type.Array(Type.String()),
          score: Type.Number(),
        }),
      }),
    ),
    collections: Type.Array(Type.Object({ ...described, models: Type.Array(Type.String()) })),
    pages: Type.Array(Type.Object({ name: Type.String(), href: Type.String() })),
  },
  { $id: 'SearchResults' },
)

export type WireSearch = Static<typeof WireSearch>

/** Unlike other refusals, those of a search are plain JSON (replicate-api.md 2.2). */
export const WireSearchProblem = Type.Object({ detail: Type.String() })
