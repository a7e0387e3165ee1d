import type { FastifyRequest } from 'fastify'

/** The origin of every URL in an answer: the configured one, else the one the client used (rules 7). */
export type OriginOf = (request: FastifyRequest) => string

export function originOf(publicUrl: string | undefined): OriginOf {
  if (publicUrl !== undefined) return () => publicUrl
  return ({ protocol, host, socket }) => `${protocol}://${host || `127.0.0.1:${socket.localPort}`}`
}
