import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Account } from './accounts/account.ts'
import type { Operators } from './accounts/operators.ts'
import { accountRoutes } from './accounts/routes.ts'
import { WireAccount } from './accounts/schema.ts'
import { tokenRoutes } from './accounts/token-routes.ts'
import { WireNewToken, WireToken } from './accounts/token-schema.ts'
import type { TokenService } from './accounts/token-service.ts'
import type { Tokens } from './accounts/tokens.ts'
import type { CollectionFiles } from './catalog/collection.ts'
import { catalogRoutes } from './catalog/routes.ts'
import { WireCollection, WireSearch, WireWholeCollection } from './catalog/schema.ts'
import type { SearchIndex } from './catalog/search-index.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Upkeep } from './db/upkeep.ts'
import { deploymentRoutes } from './deployments/routes.ts'
import { WireDeployment } from './deployments/schema.ts'
import type { DeploymentService } from './deployments/service.ts'
import { exampleRoutes } from './examples/routes.ts'
import type { Examples } from './examples/service.ts'
import { fileRoutes } from './files/routes.ts'
import { WireFile } from './files/schema.ts'
import type { FileService } from './files/service.ts'
import { hardwareRoutes } from './hardware/routes.ts'
import { type Hardware, WireHardware } from './hardware/schema.ts'
import type { Readiness } from './health/readiness.ts'
import { healthRoutes } from './health/routes.ts'
import { browserGuard } from './http/browser-guard.ts'
import { canonicalPath } from './http/canonical-path.ts'
import { compileSerializer, compileValidator } from './http/compilers.ts'
import { CONNECTION_TIMES, type ConnectionTimes, connectionOptions, limitConnections } from './http/connections.ts'
import { limitLargeBodies } from './http/large-bodies.ts'
import { assertShallow } from './http/nesting.ts'
import { originOf as makeOriginOf } from './http/origin.ts'
import { answerBeforeFastify, assertHost } from './http/outside-fastify.ts'
import { handleError } from './http/problem.ts'
import { limitRates } from './http/rate-limits.ts'
import { type RequestObserver, watchRequests } from './http/request-end.ts'
import { requestIds } from './http/request-id.ts'
import { WireProblem } from './http/schemas.ts'
import type { EventStream } from './http/sse.ts'
import { answerTheRest, collectMethods } from './http/unanswered.ts'
import { metricsRoutes, type ServedMetrics } from './metrics/routes.ts'
import type { CoverLinks } from './models/cover-links.ts'
import { pushRoute } from './models/push-route.ts'
import type { ModelRegistry } from './models/registry.ts'
import { modelPresenter, modelRoutes } from './models/routes.ts'
import { WireModel, WireVersion } from './models/schema.ts'
import type { ModelService } from './models/service.ts'
import { documentRoutes } from './openapi/routes.ts'
import type { PageFiles } from './pages/page-files.ts'
import { playgroundRoutes } from './pages/routes.ts'
import { outputRoutes } from './predictions/output-routes.ts'
import type { Presenter } from './predictions/presenter.ts'
import { predictionRoutes } from './predictions/routes.ts'
import { WirePrediction } from './predictions/schema.ts'
import type { PredictionService } from './predictions/service.ts'
import { streamRoutes } from './predictions/stream.ts'
import { runnerRoutes } from './scheduler/routes.ts'
import type { Scheduler } from './scheduler/scheduler.ts'
import { WireRunners } from './scheduler/schema.ts'
import type { Backups } from './storage/backups.ts'
import { storageRoutes } from './storage/routes.ts'
import { WireVacuum } from './storage/schema.ts'
import { traceCreates } from './traces/requests.ts'
import type { Tracing } from './traces/tracing.ts'
import { trainingRoutes } from './trainings/routes.ts'
import { WireTraining } from './trainings/schema.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { WireDelivery, WireSecret } from './webhooks/schema.ts'
import type { WebhookSecrets } from './webhooks/secrets.ts'
import type { WebhookService } from './webhooks/service.ts'

declare module 'fastify' {
  interface FastifyRequest {
    account: Account
  }
  interface FastifyContextConfig {
    /** The URL itself is the permission: no token is asked for, and any page may read it. */
    capability?: boolean
    /** Open to everybody who may reach the server. */
    open?: boolean
    /** Says nothing but how the server is, so that it is asked under any host. */
    probe?: boolean
    /** Makes a prediction or a training, of which an account may ask for fewer, and which belongs to a trace. */
    creates?: boolean
  }
}

export interface AppParts {
  config: Pick<
    Config,
    | 'publicUrl'
    | 'bodyLimitBytes'
    | 'trustProxy'
    | 'rateLimit'
    | 'globalRateLimit'
    | 'maxConnections'
    | 'maxStreams'
    | 'logLevel'
  >
  /** Where they are to be others than usual. */
  times?: Partial<ConnectionTimes> | undefined
  log: FastifyBaseLogger
  tokens: Tokens
  tokenService: TokenService
  models: ModelRegistry
  modelService: ModelService
  coverLinks: CoverLinks
  examples: Examples
  predictions: PredictionService
  collections: CollectionFiles
  searchIndex: SearchIndex
  deployments: DeploymentService
  presenter: Presenter
  webhooks: WebhookService
  webhookSecrets: WebhookSecrets
  files: FileService
  hardware: readonly Hardware[]
  scheduler: Scheduler
  operators: Operators
  /** Undefined where nobody wants the playground. */
  pageFiles: PageFiles | undefined
  readiness: Readiness
  upkeep: Upkeep
  backups: Backups
  clock: Clock
  served: ServedMetrics
  onRequestEnded?: RequestObserver | undefined
  tracing?: Tracing | undefined
  /** Those that are being read. */
  openStreams: Set<EventStream>
  /** Called before any route is there, to watch them being made. */
  before?: (app: FastifyInstance) => void
}

const DEBUG_LEVELS: ReadonlySet<string> = new Set(['debug', 'trace'])
/** A name or id this long is looked for, and not found. */
const LONGEST_PARAMETER = 1_000

/** The HTTP side: manners that all rooms share, then one line for each room. */
export function buildApp(parts: AppParts): FastifyInstance {
  const { config, log, tokens, models, predictions, presenter, webhooks, webhookSecrets, files, before } = parts
  const { deployments, hardware, scheduler, operators, clock, modelService, coverLinks, examples } = parts
  const { collections, searchIndex, tokenService, readiness, upkeep, backups } = parts
  const { served, openStreams, onRequestEnded, tracing, pageFiles } = parts
  const times = { ...CONNECTION_TIMES, ...parts.times }
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: requestIds(),
    bodyLimit: config.bodyLimitBytes,
    trustProxy: config.trustProxy,
    rewriteUrl: ({ url = '/' }) => canonicalPath(url),
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_PARAMETER },
    forceCloseConnections: 'idle',
    // What still comes on an open connection is answered as ever, and its connection ended; creates are refused by then.
    return503OnClosing: false,
    ...connectionOptions(times),
  }).withTypeProvider<TypeBoxTypeProvider>()
  limitConnections(app, config.maxConnections)
  answerBeforeFastify(app.server)
  before?.(app)
  const methods = collectMethods(app)
  const originOf = makeOriginOf(config.publicUrl)
  const showModel = modelPresenter(originOf, coverLinks, async (model, request) => {
    const example = examples.findFirst(model)
    return example ? presenter.show(example, { origin: originOf(request), inline: false }) : null
  })

  traceCreates(app, tracing)
  watchRequests(app, DEBUG_LEVELS.has(config.logLevel), onRequestEnded)
  app.setErrorHandler(handleError)
  app.setValidatorCompiler(compileValidator)
  app.setSerializerCompiler(compileSerializer)
  // All of them here: a room that added its own would get compilers of Fastify's again.
  for (const schema of [
    WireProblem,
    WirePrediction,
    WireTraining,
    WireVersion,
    WireModel,
    WireCollection,
    WireWholeCollection,
    WireSearch,
    WireFile,
    WireAccount,
    WireToken,
    WireNewToken,
    WireDeployment,
    WireDelivery,
    WireSecret,
    WireHardware,
    WireRunners,
    WireVacuum,
  ])
    app.addSchema(schema)
  acceptEmptyJson(app)
  limitLargeBodies(app)
  app.removeContentTypeParser('text/plain')
  const guard = browserGuard(config.publicUrl)
  app.decorateRequest('account')
  app.decorateRequest('prediction')
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    assertHost(request)
    if (tokens.open) guard(request)
    const { capability, open } = request.routeOptions.config
    if (!capability && !open) request.account = tokens.authenticate(request.headers.authorization)
    done()
  })

  limitRates(app, config)

  app.addHook('preValidation', (request, _reply, done) => {
    assertShallow(request.body)
    done()
  })

  app.register(predictionRoutes, { predictions, presenter, originOf })
  app.register(trainingRoutes, { predictions, presenter, originOf })
  const { maxStreams } = config
  const { stalledMs } = times
  app.register(streamRoutes, { predictions, presenter, originOf, maxStreams, stalledMs, open: openStreams })
  app.register(outputRoutes, { predictions })
  app.register(webhookRoutes, { predictions, webhooks, secrets: webhookSecrets })
  app.register(modelRoutes, { models, service: modelService, covers: coverLinks, showModel, originOf })
  app.register(pushRoute, { service: modelService })
  app.register(catalogRoutes, { models, collections, index: searchIndex, showModel })
  app.register(exampleRoutes, { models, examples, presenter, originOf })
  app.register(deploymentRoutes, { deployments, originOf })
  app.register(fileRoutes, { files, originOf })
  app.register(accountRoutes)
  app.register(tokenRoutes, { tokens: tokenService })
  app.register(hardwareRoutes, { hardware })
  app.register(runnerRoutes, { scheduler, models, operators, clock })
  app.register(storageRoutes, { upkeep, backups, operators })
  app.register(metricsRoutes, { ...served, operators })
  app.register(documentRoutes)
  if (pageFiles?.built) app.register(playgroundRoutes, { files: pageFiles })
  app.register(healthRoutes, { readiness })
  app.after(() => answerTheRest(app, methods))
  return app
}

/** Clients announce JSON on requests that have no body (replicate-api.md trap 20). */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parse(request, body.toString(), done)
  })
}
