import type { Account } from '../accounts/account.ts'
import { AppError, notFound } from '../errors.ts'
import { isServed } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'

/**
 * Says whether an account may have a training add a version to a model; the model need not have any yet.
 * @param name `owner/name`
 * @throws AppError `not_found` for models of others, too, and `forbidden` for one whose versions come from a folder
 */
export function assertDestination(account: Account, name: string, models: ModelRegistry): void {
  const model = models.find(name)
  if (!model || !isServed(model) || !models.isOwn(account, model))
    throw notFound('The specified training destination does not exist')
  if (model.origin === 'package')
    throw new AppError(
      'forbidden',
      `The versions of ${name} come from a folder of models, so no training can add one; name a model that was created through the API`,
    )
}
