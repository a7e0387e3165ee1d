import { type Static, Type } from '@sinclair/typebox'
import type { Account } from './account.ts'

export const WireAccount = Type.Object(
  { type: Type.Literal('user'), username: Type.String(), name: Type.String() },
  { $id: 'Account', description: 'Whom a token belongs to.' },
)

export function toWireAccount({ username }: Account): Static<typeof WireAccount> {
  return { type: 'user', username, name: username }
}
