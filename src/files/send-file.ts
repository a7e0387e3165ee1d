import { basename, dirname } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../errors.ts'
import { sendProblem } from '../http/problem.ts'
import { dispositionOf, isShown } from './disposition.ts'

export interface FileToSend {
  path: string
  name: string
  contentType: string
  cacheControl: string
}

/**
 * Answers with the bytes of a file, or the range of them that is asked for. Any page may read it, and none of it runs as
 * if it were ours: what is not plainly a picture, sound, film or text is saved, not shown.
 * @throws AppError `not_found` when it has been removed meanwhile
 */
export async function sendFile(request: FastifyRequest, reply: FastifyReply, file: FileToSend): Promise<FastifyReply> {
  const { path, name, contentType, cacheControl } = file
  // Loaded at the first file: a start has no time for it.
  const { default: send } = await import('@fastify/send')
  const answer = await send.send(request.raw, encodeURIComponent(basename(path)), {
    root: dirname(path),
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
    contentType: false,
  })
  reply.header('access-control-allow-origin', '*').header('x-content-type-options', 'nosniff')
  if (answer.type !== 'file') {
    answer.stream.destroy()
    return refuse(reply, answer.statusCode, answer.headers)
  }
  reply.code(answer.statusCode).headers(answer.headers).header('cache-control', cacheControl)
  if (answer.statusCode !== 304) {
    reply.header('content-type', withCharset(contentType))
    reply.header('content-disposition', dispositionOf(name, contentType))
    // Not for what is shown: browsers would refuse to show films and PDF.
    if (!isShown(contentType)) reply.header('content-security-policy', "default-src 'none'; sandbox")
  }
  return reply.send(answer.stream)
}

function refuse(reply: FastifyReply, status: number, headers: Record<string, string>): FastifyReply {
  switch (status) {
    case 412:
      return sendProblem(reply, { detail: 'The file is not in the state that the request asks for', status })
    case 416:
      reply.header('content-range', headers['Content-Range'])
      return sendProblem(reply, { detail: 'The range lies beyond the end of the file', status })
    default:
      throw notFound('File not found')
  }
}

/** Without it, browsers take texts for those of another century. */
function withCharset(contentType: string): string {
  return /^text\/[^;]+$/i.test(contentType) ? `${contentType}; charset=utf-8` : contentType
}
