import { AppError } from '../errors.ts'
import { isModelName } from '../models/model-name.ts'
import { getModel, type KnownVersion, listModels, listVersions } from './catalogue.ts'
import type { RunningServer } from './server.ts'

/** Whole, or so much of its begin that it stands for itself. */
const VERSION_ID = /^[0-9a-f]{8,64}$/

/**
 * The version that somebody means by `owner/name`, which is its latest one, `owner/name:version`, or the id of a version.
 * @throws AppError `configuration` for anything else, `not_found` when the server has no such version
 */
export async function findVersion(server: RunningServer, target: string): Promise<KnownVersion> {
  const [name = '', id, ...more] = target.split(':')
  if (isModelName(name) && id === undefined) return latestOf(server, name)
  if (isModelName(name) && id !== undefined && VERSION_ID.test(id) && more.length === 0)
    return only(target, await matching(listVersions(server, name), id))
  if (VERSION_ID.test(target)) return only(target, await searchAll(server, target))
  throw new AppError('configuration', `"${target}" is no owner/name, no owner/name:version and no id of a version`)
}

async function latestOf(server: RunningServer, name: string): Promise<KnownVersion> {
  const { latest } = await getModel(server, name)
  if (latest) return latest
  throw new AppError('not_found', `${name} has no version yet; "reprise push" makes one`)
}

/** Most ask for the latest version of a model, which stands in the list of models. */
async function searchAll(server: RunningServer, id: string): Promise<KnownVersion[]> {
  const models = await Array.fromAsync(listModels(server))
  const latest = models.flatMap((model) => model.latest ?? []).filter((version) => version.id.startsWith(id))
  if (latest.length > 0) return latest
  const found: KnownVersion[] = []
  for (const { name } of models) found.push(...(await matching(listVersions(server, name), id)))
  return found
}

async function matching(versions: AsyncIterable<KnownVersion>, id: string): Promise<KnownVersion[]> {
  return (await Array.fromAsync(versions)).filter((version) => version.id.startsWith(id))
}

function only(target: string, found: readonly KnownVersion[]): KnownVersion {
  const [version, other] = found
  if (!version)
    throw new AppError('not_found', `The server lists no version ${target}; "reprise models owner/name" shows them`)
  if (other && other.id !== version.id)
    throw new AppError('invalid', `${target} is the begin of more than one version; give more of its id`)
  return version
}
