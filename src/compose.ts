import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { assertNotExposed } from './accounts/assert-not-exposed.ts'
import { Operators } from './accounts/operators.ts'
import { TokenService } from './accounts/token-service.ts'
import { readTokens, tokenStatements } from './accounts/token-store.ts'
import { Tokens } from './accounts/tokens.ts'
import { CollectionFiles } from './catalog/collection.ts'
import { SearchIndex } from './catalog/search-index.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { MIGRATIONS_DIR } from './db/migrate.ts'
import { asDamage, DATABASE_FILE, lockDataDir, openReader, prepareDatabase } from './db/open.ts'
import { Upkeep } from './db/upkeep.ts'
import { Writer } from './db/writer.ts'
import { DeploymentService } from './deployments/service.ts'
import { DeploymentStore, deploymentStatements } from './deployments/store.ts'
import { AppError, messageOf } from './errors.ts'
import { Examples } from './examples/service.ts'
import { FILE_LIMIT_BYTES, FileService } from './files/service.ts'
import { FileStore, fileStatements } from './files/store.ts'
import { findGpus } from './hardware/gpus.ts'
import { hardwareOf } from './hardware/hardware.ts'
import { Readiness } from './health/readiness.ts'
import { healthStatements } from './health/store.ts'
import type { ConnectionTimes } from './http/connections.ts'
import type { EventStream } from './http/sse.ts'
import { serveMetrics } from './metrics/listener.ts'
import { watchedBy } from './metrics/sources.ts'
import { CoverLinks } from './models/cover-links.ts'
import { fullName } from './models/model.ts'
import { OldVersions } from './models/old-versions.ts'
import { openModels } from './models/open-models.ts'
import { ModelService } from './models/service.ts'
import { forgetVersion, modelStatements } from './models/store.ts'
import { Downloader } from './outbound/downloader.ts'
import { packageDirs } from './package-dirs.ts'
import { PageFiles } from './pages/page-files.ts'
import { DataRemoval } from './predictions/data-removal.ts'
import { endLog } from './predictions/end-log.ts'
import { PredictionFolders } from './predictions/folders.ts'
import { tellAll } from './predictions/observer.ts'
import { Presenter } from './predictions/presenter.ts'
import { PredictionService } from './predictions/service.ts'
import { PredictionStore, predictionStatements } from './predictions/store.ts'
import { VersionRemoval } from './predictions/version-removal.ts'
import { runnerLauncher } from './runner/host.ts'
import { measureMemory } from './runner/memory.ts'
import { RunnerRecords } from './runner/records.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { SecretBox } from './secret-box.ts'
import { keyOf } from './server-key.ts'
import { SettledTime } from './settled-time.ts'
import { Backups } from './storage/backups.ts'
import { tidyDataDir } from './storage/tidy-data-dir.ts'
import { SweepGate } from './sweep-gate.ts'
import { doneWithin } from './timer.ts'
import { findTracing } from './traces/tracing.ts'
import { assertDestination } from './trainings/destination.ts'
import { publishTraining } from './trainings/publish.ts'
import { toWireTraining } from './trainings/schema.ts'
import { WebhookSecrets } from './webhooks/secrets.ts'
import { WebhookSender } from './webhooks/sender.ts'
import { WebhookService } from './webhooks/service.ts'
import { WebhookStore, webhookStatements } from './webhooks/store.ts'

/** The start waits this long for packages it has never seen; creates on those still missing answer 503 meanwhile. */
const PATIENCE_MS = 10_000

/** Percent of the queue that one account of several may take. */
const SHARE_AMONG_MANY = 50

/** After the drain, answers that are on their way have this long. */
const LAST_ANSWERS_MS = 2_000
const IDLE_CHECK_MS = 50
/** And webhooks that are due. */
const LAST_WEBHOOKS_MS = 5_000

/** Parts that tests and benches replace. */
export interface Overrides {
  clock?: Clock
  /** Holds each commit for this long. */
  commitDelayMs?: number
  connectionTimes?: Partial<ConnectionTimes>
  /** The database grows no further than this. */
  maxPages?: number
}

export interface Server {
  app: FastifyInstance
  /** `http://HOST:PORT` as bound. */
  address: string
  /** Resolves when every package has been looked at; what cannot be served has been logged. */
  loaded: Promise<void>
  /** Stops taking work, lets running predictions finish for a while, then releases everything. */
  close(): Promise<void>
}

/**
 * Builds the whole server from its configuration, top to bottom in the order the parts need each other, and listens.
 * What was acquired is released in reverse, also when a later part could not be built.
 */
export async function compose(
  config: Config,
  environment: NodeJS.ProcessEnv,
  overrides: Overrides = {},
): Promise<Server> {
  const releases = new AsyncDisposableStack()
  try {
    const { clock = systemClock, connectionTimes: times, ...writerOverrides } = overrides
    const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: false }))
    releases.defer(() => log.flush())

    // Loaded only where somebody may read them.
    const metrics = config.metrics === 'off' ? undefined : new (await import('./metrics/metrics.ts')).Metrics(clock)
    const tracing = findTracing()
    releases.defer(() => tracing?.flush())
    // Asked for early: a driver takes its time to answer.
    const gpusFound = findGpus(environment, (reason) => log.warn({ reason }, 'the GPUs cannot be used'))
    const dataDir = resolve(config.dataDir)
    const lock = lockDataDir(dataDir)
    releases.defer(() => void lock.close())
    await tidyDataDir(dataDir)
    const databasePath = join(dataDir, DATABASE_FILE)
    prepareDatabase(databasePath, MIGRATIONS_DIR)
    const writer = new Writer({
      path: databasePath,
      statements: {
        ...predictionStatements,
        ...modelStatements,
        ...deploymentStatements,
        ...fileStatements,
        ...webhookStatements,
        ...tokenStatements,
        ...healthStatements,
      },
      durability: config.durability,
      ...writerOverrides,
    })
    releases.defer(() => writer.close())
    if (metrics) writer.watch(metrics.commits)
    // Closed before the writer: only the last connection, if it may write, can fold the log into the database.
    const reader = openReader(databasePath)
    releases.defer(() => void reader.close())

    const operators = new Operators(config.operators)
    const tokens = new Tokens(config.apiTokens)
    const tokenService = new TokenService({
      stored: readTokens(reader),
      tokens,
      writer,
      operators,
      clock,
      log,
      welcome: (username) => webhookSecrets.present(username),
    })
    releases.defer(() => tokenService.close())
    assertNotExposed(config.host, tokens)

    const [gate, settled] = [new SweepGate(), new SettledTime(clock)]
    const upkeep = new Upkeep({ path: databasePath, writer, reader, gate, log })
    releases.defer(() => upkeep.close())
    const fileStore = new FileStore(reader)
    const files = await FileService.open({ store: fileStore, writer, clock, settled, gate, log, dataDir })
    releases.defer(() => files.close())
    files.startSweeping()

    const records = new RunnerRecords(join(dataDir, 'runners'), log)
    const leftovers = records.killLeftovers()
    if (leftovers.length > 0) log.warn({ pids: leftovers }, 'runners that outlived the last server were ended')
    const launch = runnerLauncher(environment, records)
    const folders = await PredictionFolders.open(join(dataDir, 'predictions'), gate)
    const predictionStore = new PredictionStore(reader)
    let oldVersions: OldVersions | undefined
    /** Whether the packages that were there at the start have been looked at. */
    let following = false
    const models = openModels({
      reader,
      writer,
      operators,
      launch,
      clock,
      gate,
      log,
      dataDir,
      packageDirs: packageDirs(config),
      onCurrent(current, former) {
        if (current) scheduler.warm(current.runnable)
        if (former && former.runnable.contentHash !== current?.runnable.contentHash) scheduler.release(former.runnable)
        if (following) deployments.arrangeAll()
      },
      onQuiet: async () => oldVersions?.sweepWhenDue(),
      most: { threads: config.threads, memoryBytes: config.memoryBytes },
      isDoomed: (model, id) => versionRemoval.isUnderWay({ model, id }),
      tryOut: (version, trial) => scheduler.tryOut(version, trial.log, trial.signal),
    })
    releases.defer(() => models.close())
    const gpus = await gpusFound
    const scheduler: Scheduler = new Scheduler({
      launch,
      clock,
      log,
      budget: { threads: config.threads, memoryBytes: config.memoryBytes },
      gpus,
      measure: measureMemory,
      peaks: models.peaks,
      observer: metrics?.scheduler,
      predictionsDir: folders.root,
    })
    releases.defer(() => scheduler.close())
    const { registry } = models
    const hardware = hardwareOf(gpus)
    const deployments = new DeploymentService({
      store: new DeploymentStore(reader),
      writer,
      models: registry,
      scheduler,
      hardware,
      useOf: (owner, name) => predictions.useOf(owner, name),
      clock,
      log,
    })
    await models.restore(predictionStore.unfinishedContent())
    const loaded = models
      .load()
      .then(() => {
        following = true
        deployments.arrangeAll()
        models.watch()
      })
      .catch((error) => log.error({ err: error }, 'the packages could not be loaded'))
    if (!(await doneWithin(PATIENCE_MS, loaded)))
      log.warn({ models: registry.pending }, 'listening although some packages could not be imported yet')

    if (config.privateNetwork && (config.publicUrl !== undefined || config.trustProxy))
      log.warn(
        'callers from elsewhere can make this server reach private addresses; REPRISE_PRIVATE_NETWORK=off refuses them',
      )
    const downloader = new Downloader({
      privateNetwork: config.privateNetwork,
      limitBytes: FILE_LIMIT_BYTES,
      deadlineMs: config.downloadTimeoutMs,
    })
    releases.defer(() => downloader.close())
    const webhookStore = new WebhookStore(reader)
    const presenter = new Presenter({
      folders,
      fileOutputs: config.fileOutputs,
      outlookOf: (id) => predictions.outlookOf(id),
    })
    const sender = new WebhookSender({ privateNetwork: config.privateNetwork, clock })
    releases.defer(() => sender.close())
    const webhookSecrets = new WebhookSecrets({ store: webhookStore, writer, clock })
    await Promise.all(tokens.accounts.map(({ username }) => webhookSecrets.present(username)))
    const webhooks = new WebhookService({
      store: webhookStore,
      writer,
      secrets: webhookSecrets,
      find: (id) => predictions.find(id),
      show: async (prediction) => {
        const { origin, destination } = prediction
        const shown = await presenter.show(prediction, { origin, inline: false })
        return destination === null ? shown : toWireTraining(shown, origin)
      },
      traceTry(delivery) {
        const parent = predictions.traceOf(delivery.predictionId)
        return tracing?.startTry(delivery, parent) ?? { headers: parent ?? {}, end() {} }
      },
      post: (delivery, signal) => sender.post(delivery, signal),
      retryWindowMs: config.webhookRetryMs,
      observer: metrics?.webhooks,
      clock,
      log,
    })
    releases.defer(() => webhooks.close())
    const predictions: PredictionService = new PredictionService({
      store: predictionStore,
      writer,
      scheduler,
      models: registry,
      deployments,
      files,
      folders,
      outbox: webhooks,
      observer: tellAll([endLog(log), metrics?.predictions, tracing?.predictions]),
      publish: publishTraining({ models: registry, publisher: models.publisher, folders, log }),
      assertDestination: (account, name) => assertDestination(account, name, registry),
      downloader,
      secretBox: new SecretBox(await keyOf(dataDir, 'inputs')),
      clock,
      log,
      maxQueue: config.maxQueue,
      queueShare: () => queueShare(config, tokens),
    })
    await predictions.recover()
    const removal = new DataRemoval({
      store: predictionStore,
      writer,
      folders,
      outbox: webhooks,
      gate,
      isActive: (id) => predictions.isActive(id),
      isServed: (contentHash) => registry.content.has(contentHash),
      settled,
      log,
      retentionMs: config.retentionMs,
      recordRetentionMs: config.recordRetentionMs,
    })
    releases.defer(() => removal.close())
    const versionRemoval: VersionRemoval = new VersionRemoval({
      store: predictionStore,
      writer,
      folders,
      outbox: webhooks,
      gate,
      cancelAll: (model, version) => predictions.cancelAll(model, version),
      forget: ({ model, id }) => forgetVersion(model, id),
      // The id of a version that can be deleted is the hash of its content.
      onRemoved({ model, id }) {
        metrics?.forgetVersion(model, id)
        return models.publisher.removeUnused(id)
      },
      log,
    })
    releases.defer(() => versionRemoval.close())
    oldVersions = new OldVersions({
      ...models,
      writer,
      clock,
      settled,
      gate,
      log,
      retentionMs: config.recordRetentionMs,
      isNamed: (model, id) => deployments.namesVersion(model, id),
      predictions,
      onRemoved({ id, runnable }) {
        metrics?.forgetVersion(runnable.model, id)
        scheduler.release(runnable)
      },
    })
    const modelService = new ModelService({
      registry,
      publisher: models.publisher,
      snapshots: models.snapshots,
      covers: models.covers,
      writer,
      operators,
      clock,
      mayPushCode: () => config.pushCode === 'on' || (config.pushCode === 'auto' && tokens.open),
      pushLimitBytes: config.pushLimitBytes,
      whyNeeded(model, id) {
        if (deployments.usesVersion(model, id)) return 'a deployment runs it; update that with another first'
        return predictions.isTraining(model, id) ? 'a training of it has not ended' : undefined
      },
      onDeleted(model, version) {
        scheduler.release(version.runnable)
        versionRemoval.add({ model, id: version.id })
      },
    })
    releases.defer(() => modelService.close())

    const searchIndex = new SearchIndex()
    releases.defer(() => searchIndex.close())

    const backups = new Backups({ dataDir, gate, log })
    releases.defer(() => backups.close())

    const openStreams = new Set<EventStream>()
    metrics?.watch(watchedBy({ scheduler, predictions, openStreams, clock }))
    const { buildApp } = await import('./app.ts')
    const app = buildApp({
      config,
      times,
      log,
      tokens,
      tokenService,
      models: registry,
      modelService,
      coverLinks: new CoverLinks(await keyOf(dataDir, 'covers')),
      examples: new Examples(predictions, log),
      collections: new CollectionFiles(packageDirs(config), log),
      searchIndex,
      predictions,
      presenter,
      webhooks,
      webhookSecrets,
      files,
      deployments,
      hardware,
      scheduler,
      operators,
      pageFiles: config.playground ? new PageFiles() : undefined,
      readiness: new Readiness({
        writer,
        clock,
        pendingPackages: () => (following ? 0 : registry.pending.length),
        isRunning: () => scheduler.running,
        isDraining: () => predictions.draining,
      }),
      upkeep,
      backups,
      clock,
      served: { metrics, readers: config.metrics },
      onRequestEnded: metrics?.requests,
      openStreams,
      tracing,
    })
    // They tell of the end of the server, too.
    if (metrics && typeof config.metrics === 'object') releases.defer(await serveMetrics(metrics, config.metrics))
    releases.defer(() => closeApp(app))
    // Those that are told how it ended may ask for more; what cannot be sent now waits for the next start.
    releases.defer(() => webhooks.flush(LAST_WEBHOOKS_MS))
    releases.defer(() => predictions.drain(config.shutdownGraceMs))
    const address = await listen(app, config)
    log.info({ address, database: databasePath }, 'listening')
    // Only now: a start that fails, because the port is taken, leaves what is queued to the next.
    predictions.start()
    removal.start()
    upkeep.start()
    for (const doomed of models.store.doomedVersions()) versionRemoval.add(doomed)
    webhooks.start()
    log.info({ models: registry.served.map(fullName) }, 'serving')
    return { app, address, loaded, close: () => releases.disposeAsync() }
  } catch (error) {
    await releases.disposeAsync()
    throw asDamage(error, join(resolve(config.dataDir), DATABASE_FILE))
  }
}

/** @throws AppError `configuration` when the address cannot be had */
async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const reason = messageOf(error)
    throw new AppError(
      'configuration',
      `Cannot listen: ${reason}; set REPRISE_HOST and REPRISE_PORT to an address that is free`,
      {
        cause: error,
      },
    )
  }
}

/** Where nobody else comes, one may have all of the queue. */
function queueShare({ queueShare: share }: Config, { areOfMany }: Tokens): number {
  if (share !== 'auto') return share
  return areOfMany ? SHARE_AMONG_MANY : 100
}

/** Neither a connection that is kept alive after its answer nor a reader that takes nothing holds up the end. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS)
  const stalled = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS)
  await app.close()
  clearInterval(idle)
  clearTimeout(stalled)
}
