import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'
import { parse } from 'yaml'

const DOCUMENT = new URL('../../openapi.yaml', import.meta.url)

/** The description of this API, where Replicate serves its own. */
export const documentRoutes: FastifyPluginAsync = async (app) => {
  let document: Promise<unknown> | undefined
  app.get('/openapi.json', { config: { open: true } }, async () => {
    document ??= readFile(DOCUMENT, 'utf8').then((text) => parse(text))
    return document
  })
}
