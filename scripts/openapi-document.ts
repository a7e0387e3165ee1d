import swagger from '@fastify/swagger'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { Tokens } from '../src/accounts/tokens.ts'
import { type AppParts, buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'

/** The parts that routes use only when they are called, which describing them never does. */
const UNUSED = {} as Omit<AppParts, 'config' | 'log' | 'tokens' | 'before'>

/** What openapi.yaml has to say: a description of every route, made from its schema. */
export async function openapiDocument(): Promise<string> {
  const app = buildApp({
    ...UNUSED,
    config: readConfig([], {}),
    log: pino({ level: 'silent' }),
    tokens: new Tokens([]),
    served: { metrics: undefined, readers: 'operators' },
    before: (instance) =>
      void instance.register(swagger, {
        openapi: {
          openapi: '3.1.0',
          info: {
            title: 'Reprise',
            version: '1.0.0',
            description: "Replicate's HTTP API, served from your own machine.",
            license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
          },
          servers: [{ url: 'http://127.0.0.1:3000' }],
          security: [{ bearer: [] }],
          components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
        },
        refResolver: {
          buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `schema-${index}`),
        },
        // Routes without an operation only refuse what others do not answer.
        transform: ({ schema, url }) => ({ url, schema: schema?.operationId ? schema : { ...schema, hide: true } }),
      }),
  })
  await app.ready()
  const document = app.swagger()
  await app.close()
  return stringify(document, { aliasDuplicateObjects: false })
}
