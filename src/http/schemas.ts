import { type Static, type TSchema, Type } from '@sinclair/typebox'

export const WireProblem = Type.Object(
  {
    title: Type.Optional(Type.String()),
    detail: Type.String(),
    status: Type.Integer(),
    invalid_fields: Type.Optional(
      Type.Array(Type.Object({ type: Type.String(), field: Type.String(), description: Type.String() })),
    ),
    logs: Type.Optional(Type.String({ description: 'What the setup of a pushed model printed.' })),
    retry_after: Type.Optional(Type.Integer({ description: 'Of status 429: as the header Retry-After, in seconds.' })),
  },
  { $id: 'Problem', description: 'Sent as application/problem+json.' },
)

/** Points to a schema that the app knows by its `$id`, so that openapi.yaml writes it once. */
export function reference<Schema extends TSchema>(schema: Schema) {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

/** A page of a list (replicate-api.md 5.4). */
export function pageOf<Schema extends TSchema>(schema: Schema) {
  const Url = Type.Union([Type.String(), Type.Null()])
  return Type.Object({ next: Url, previous: Url, results: Type.Array(reference(schema)) })
}

/** The bytes of a file. */
export const binary = Type.Unsafe<unknown>({
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
})

/** No body at all; with any status but 204, `null` would be sent as JSON. */
export const nothing = Type.Unsafe<undefined>(Type.Null())

/** What every operation may answer beside its success. */
export const problems = { '4xx': problem('Refused'), '5xx': problem('Failed') }

function problem(description: string) {
  const content = { 'application/problem+json': { schema: reference(WireProblem) } }
  return Type.Unsafe<Static<typeof WireProblem>>({ description, content })
}
