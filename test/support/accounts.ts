import { expect } from 'vitest'
import type { TestServer } from './server.ts'
import { tarOfFiles } from './tar.ts'

/** `call` in the name of one account. */
export type CallAs = (method: string, path: string, body?: unknown) => Promise<Response>

export function callAs(server: Pick<TestServer, 'call'>, token: string): CallAs {
  return (method, path, body) =>
    server.call(method, path, {
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    })
}

/** Pushes a package that has to be taken, and gives the id of its version. */
export async function pushPackage(
  { address }: Pick<TestServer, 'address'>,
  model: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  token = 'any',
): Promise<string> {
  const response = await fetch(`${address}/v1/models/${model}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar', authorization: `Bearer ${token}` },
    body: new Uint8Array(tarOfFiles(files)),
  })
  const text = await response.text()
  expect(response.status, text).toBe(201)
  const version: { id: string } = JSON.parse(text)
  return version.id
}
