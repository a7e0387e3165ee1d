import { type Static, Type } from '@sinclair/typebox'
import { reference } from '../http/schemas.ts'
import type { NewToken, Token } from './token.ts'
import { LONGEST_USERNAME, USERNAME_PATTERN } from './username.ts'

const LONGEST_DESCRIPTION = 200

const Time = Type.String({ format: 'date-time' })

export const WireToken = Type.Object(
  {
    id: Type.String(),
    username: Type.String({ description: 'The account that it is of.' }),
    description: Type.Union([Type.String(), Type.Null()]),
    created_at: Time,
    last_used_at: Type.Union([Time, Type.Null()], { description: 'To the minute; null before its first use.' }),
  },
  { $id: 'Token', description: 'A token, without its secret.' },
)

export const WireNewToken = Type.Object(
  {
    ...WireToken.properties,
    token: Type.String({ description: 'The secret; it is shown this once.' }),
    notice: Type.Optional(Type.String({ description: 'What else has changed by it.' })),
  },
  { $id: 'NewToken', description: 'A token with its secret.' },
)

export const WireTokens = Type.Object({
  next: Type.Null(),
  previous: Type.Null(),
  configured: Type.Integer({ description: 'How many more REPRISE_API_TOKENS names; they are not in the list.' }),
  results: Type.Array(reference(WireToken)),
})

export const CreateToken = Type.Object({
  username: Type.String({
    pattern: USERNAME_PATTERN,
    maxLength: LONGEST_USERNAME,
    description: 'The account that it is of; nothing has to be done before to make one.',
  }),
  description: Type.Optional(Type.Union([Type.String({ maxLength: LONGEST_DESCRIPTION }), Type.Null()])),
})

export function toWireToken(token: Token): Static<typeof WireToken> {
  const { id, username, description, createdAt, lastUsedAt } = token
  return {
    id,
    username,
    description: description ?? null,
    created_at: new Date(createdAt).toISOString(),
    last_used_at: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
  }
}

export function toWireNewToken(token: NewToken): Static<typeof WireNewToken> {
  const wire = { ...toWireToken(token), token: token.text }
  if (!token.closedServer) return wire
  return {
    ...wire,
    notice:
      'This is the first token: from now on every request needs one, and packages with code are taken only where REPRISE_PUSH_CODE is on',
  }
}
