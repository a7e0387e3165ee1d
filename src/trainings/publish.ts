import type { Logger } from 'pino'
import { AppError, messageOf } from '../errors.ts'
import type { Publisher } from '../models/publisher.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { PredictionFolders } from '../predictions/folders.ts'
import type { Publish } from '../predictions/publication.ts'
import { PACKAGE_FOLDER } from '../runner/protocol.ts'

interface Parts {
  models: ModelRegistry
  publisher: Publisher
  folders: PredictionFolders
  log: Logger
}

/** Makes a version of its destination of what a training has left in its folder. */
export function publishTraining({ models, publisher, folders, log }: Parts): Publish {
  return async ({ id, contentHash, destination }, options) => {
    if (destination === null) throw new Error('Only trainings become versions')
    const packageDir = folders.pathOf(id, PACKAGE_FOLDER)
    const codeFrom = models.findRunnable(contentHash)
    try {
      if (!codeFrom) throw new AppError('invalid', 'the package that was trained is gone')
      const prepared = await publisher.prepare(destination, packageDir, { ...options, codeFrom })
      return {
        output: { version: `${destination}:${prepared.id}` },
        writes: prepared.writes,
        announce: () => prepared.announce(),
        discard: () => prepared.discard(),
      }
    } catch (error) {
      if (!options.signal.aborted && !(error instanceof AppError))
        log.error({ err: error, training: id }, 'a training could not be made a version')
      const reason = messageOf(error).replaceAll(packageDir, 'the package')
      throw new AppError('invalid', `What was trained cannot be a version of ${destination}: ${reason}`, {
        cause: error,
      })
    }
  }
}
