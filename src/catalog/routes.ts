import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { notFound } from '../errors.ts'
import { pageOf, problems, reference } from '../http/schemas.ts'
import { fullName, type Model } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { ShowModel } from '../models/routes.ts'
import { WireModel } from '../models/schema.ts'
import type { Collection, CollectionFiles } from './collection.ts'
import { SearchQuery, WireCollection, WireSearch, WireSearchProblem, WireWholeCollection } from './schema.ts'
import type { SearchIndex } from './search-index.ts'

const PAGE_SIZE = 25
const LONGEST_BODY = 10_000

export interface CatalogOptions {
  models: ModelRegistry
  collections: CollectionFiles
  index: SearchIndex
  showModel: ShowModel
}

/** Ways to find a model. */
export const catalogRoutes: FastifyPluginAsyncTypebox<CatalogOptions> = async (
  app,
  { models, collections, index, showModel },
) => {
  /** The models of a collection that the account may see, in its order. */
  const modelsOf = ({ account }: FastifyRequest, { models: names }: Collection): Model[] => {
    const visible = new Map(models.list(account).map((model) => [fullName(model), model]))
    return names.flatMap((name) => visible.get(name) ?? [])
  }

  const search = ({ account }: FastifyRequest, text: string, most: number) =>
    index.search(models.list(account), models.served, text).slice(0, most)

  app.get(
    '/v1/collections',
    {
      schema: {
        operationId: 'collections.list',
        summary: 'List collections of models',
        response: { 200: pageOf(WireCollection), ...problems },
      },
    },
    async () => ({ next: null, previous: null, results: (await collections.list()).map(described) }),
  )

  app.get(
    '/v1/collections/:slug',
    {
      schema: {
        operationId: 'collections.get',
        summary: 'Get a collection with its models',
        params: Type.Object({ slug: Type.String() }),
        response: { 200: reference(WireWholeCollection), ...problems },
      },
    },
    async (request) => {
      const found = (await collections.list()).find(({ slug }) => slug === request.params.slug)
      if (!found) throw notFound()
      return {
        ...described(found),
        full_description: found.full_description ?? null,
        models: await Promise.all(modelsOf(request, found).map((model) => showModel(model, request))),
      }
    },
  )

  app.get(
    '/v1/search',
    {
      schema: {
        operationId: 'search',
        summary: 'Search models and collections',
        querystring: SearchQuery,
        response: { 200: reference(WireSearch), 400: WireSearchProblem, ...problems },
      },
    },
    async (request, reply): Promise<WireSearch | Static<typeof WireSearchProblem>> => {
      const { query, limit = 20 } = request.query
      if (!query?.trim()) {
        reply.code(400)
        return { detail: 'Query parameter "query" is required' }
      }
      const hits = search(request, query, limit)
      const found = (await collections.list()).filter((collection) => fits(collection, query))
      return {
        query,
        models: await Promise.all(
          hits.map(async ({ model, score }) => ({
            model: await showModel(model, request),
            metadata: { generated_description: model.about.description ?? '', tags: [], score },
          })),
        ),
        collections: found.map((collection) => ({
          ...described(collection),
          models: modelsOf(request, collection).map(fullName),
        })),
        pages: [],
      }
    },
  )

  app.register(async (queries) => {
    queries.removeAllContentTypeParsers()
    queries.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LONGEST_BODY }, (_request, body, done) =>
      done(null, body),
    )
    queries.route({
      method: 'QUERY',
      url: '/v1/models',
      // Clients send any text, as any type.
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'models.search',
        summary: 'Search models; the body is the text to look for',
        response: { 200: pageOf(WireModel), ...problems },
      },
      handler: async (request) => {
        const hits = search(request, textOf(request.body), PAGE_SIZE)
        const results = await Promise.all(hits.map(({ model }) => showModel(model, request)))
        return { next: null, previous: null, results }
      },
    })
  })
}

function described({ name, slug, description }: Collection) {
  return { name, slug, description }
}

/** Whether each word of a query stands in what a collection says. */
function fits({ name, slug, description }: Collection, query: string): boolean {
  const text = `${name} ${slug} ${description}`.toLowerCase()
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return words.length > 0 && words.every((word) => text.includes(word))
}

/** Some clients write the text in JSON (replicate-api.md 9.1). */
function textOf(body: unknown): string {
  const text = typeof body === 'string' ? body : ''
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}
