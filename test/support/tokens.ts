import { expect } from 'vitest'
import type { TestServer } from './server.ts'
import { bodyOf } from './wire.ts'

interface CreatedToken {
  id: string
  username: string
  description: string | null
  created_at: string
  last_used_at: string | null
  token: string
  notice?: string
}

type Caller = Pick<TestServer, 'call'>

/** Sends a request with a token, or without any. */
export function callWith(server: Caller, token: string | undefined, method: string, path: string, body?: unknown) {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return server.call(method, path, { headers, ...(body === undefined ? {} : { body }) })
}

/** Makes a token that has to be made. */
export async function createToken(
  server: Caller,
  username: string,
  by?: string,
  description?: string,
): Promise<CreatedToken> {
  const response = await callWith(server, by, 'POST', '/v1/tokens', { username, description })
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

/** Whom the server takes somebody for; the status where it refuses. */
export async function accountOf(server: Caller, token?: string): Promise<string | number> {
  const response = await callWith(server, token, 'GET', '/v1/account')
  if (!response.ok) return response.status
  return (await bodyOf<{ username: string }>(response)).username
}
