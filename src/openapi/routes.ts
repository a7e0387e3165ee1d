import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'
import { parse } from 'yaml'

const DOCUMENT = new URL('../../openapi.yaml', import.meta.url)

/** The description of this API, where Replicate serves its own. */
export const documentRoutes: FastifyPluginAsync = async (app) => {
  app.get('/openapi.json', { config: { open: true } }, async () => parse(await readFile(DOCUMENT, 'utf8')))
}
