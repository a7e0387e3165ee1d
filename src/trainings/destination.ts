import type { Account } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import { AppError, notFound } from '../errors.ts'

/** Where the versions of a model come from; undefined for a name that no model has. */
export type FindOrigin = (name: string) => 'folder' | 'api' | undefined

/**
 * Says whether an account may have a training add a version to a model; the model need not have any yet.
 * @param name `owner/name`
 * @throws AppError `not_found` for models of others, too, and `forbidden` for one whose versions come from a folder
 */
export function assertDestination(account: Account, name: string, find: FindOrigin, operators: Operators): void {
  const [owner, ...rest] = name.split('/')
  const own = rest.length === 1 && (owner === account.username || operators.includes(account))
  const origin = own ? find(name) : undefined
  if (origin === undefined) throw notFound('The specified training destination does not exist')
  if (origin === 'folder')
    throw new AppError(
      'forbidden',
      `The versions of ${name} come from a folder of models, so no training can add one; name a model that was created through the API`,
    )
}
