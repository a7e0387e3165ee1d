import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { isDiskTrouble } from '../disk-trouble.ts'
import { AppError } from '../errors.ts'
import type { PreparedVersion, Publisher } from '../models/publisher.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { PredictionFolders } from '../predictions/folders.ts'
import type { Publish } from '../predictions/publication.ts'
import { PACKAGE_FOLDER } from '../runner/protocol.ts'

/** Versions that are made at the same time: each takes a process, and short trainings end faster than those start. */
const MOST = 4

interface Parts {
  models: ModelRegistry
  publisher: Publisher
  folders: PredictionFolders
  log: Logger
}

/** Makes a version of its destination of what a training has left in its folder. */
export function publishTraining({ models, publisher, folders, log }: Parts): Publish {
  const limit = pLimit(MOST)

  return async ({ id, contentHash, destination }, options) => {
    if (destination === null) throw new Error('Only trainings become versions')
    const packageDir = folders.pathOf(id, PACKAGE_FOLDER)

    async function prepare(to: string): Promise<PreparedVersion> {
      options.signal.throwIfAborted()
      const codeFrom = models.findRunnable(contentHash)
      if (!codeFrom) throw new AppError('invalid', 'the package that was trained is gone')
      // A push makes the models that are not there; what was deleted while it was trained is to stay away.
      if (models.find(to)?.origin !== 'account') throw new AppError('invalid', 'there is no such model any more')
      return publisher.prepare(to, packageDir, { ...options, code: codeFrom })
    }

    try {
      const prepared = await limit(prepare, destination)
      return {
        output: { version: `${destination}:${prepared.id}` },
        writes: prepared.writes,
        announce: () => prepared.announce(),
        discard: () => prepared.discard(),
      }
    } catch (error) {
      if (!options.signal.aborted && !(error instanceof AppError))
        log.error({ err: error, training: id }, 'a training could not be made a version')
      const reason = reasonOf(error).replaceAll(packageDir, 'the package')
      throw new AppError('invalid', `What was trained cannot be a version of ${destination}: ${reason}`, {
        cause: error,
      })
    }
  }
}

/** What is not ours may name places of this machine. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  return isDiskTrouble(error) ? 'the disk takes no more at the moment' : 'the server failed; its log says why'
}
