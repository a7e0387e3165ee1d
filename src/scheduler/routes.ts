import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Account } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import type { Clock } from '../clock.ts'
import { problems, reference } from '../http/schemas.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Scheduler } from './scheduler.ts'
import { toWireRunner, WireRunners } from './schema.ts'
import { runnerStatuses } from './status.ts'

export const runnerRoutes: FastifyPluginAsyncTypebox<{
  scheduler: Scheduler
  models: ModelRegistry
  operators: Operators
  clock: Clock
}> = async (app, { scheduler, models, operators, clock }) => {
  const isVisible = (account: Account, version: RunnableVersion | undefined): boolean => {
    if (version === undefined || operators.includes(account)) return true
    const model = models.find(version.model)
    return model !== undefined && models.isVisible(account, model)
  }

  app.get(
    '/v1/runners',
    {
      schema: {
        operationId: 'runners.list',
        summary: 'List the runners of this server, and the versions that are broken',
        description:
          'Not part of Replicate’s API. Only operators see processes, memory, reasons, and deployments of others.',
        response: { 200: reference(WireRunners), ...problems },
      },
    },
    async ({ account }) => {
      const statuses = runnerStatuses(scheduler, clock).filter(({ version }) => isVisible(account, version))
      const { budget, queued } = scheduler
      const used = statuses.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0)
      const whole = operators.includes(account)
      return {
        threads: budget.threads,
        memory_limit_bytes: whole ? budget.memoryBytes : null,
        memory_used_bytes: whole ? used : null,
        queued,
        results: statuses.map((status) =>
          toWireRunner(status, status.version && models.findVersionId(status.version.contentHash), { account, whole }),
        ),
      }
    },
  )
}
