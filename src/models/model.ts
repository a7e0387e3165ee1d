import type { About, Cover } from './about.ts'
import type { Version } from './version.ts'

export const VISIBILITIES = ['public', 'private'] as const
export const SORT_KEYS = ['latest_version_created_at', 'model_created_at'] as const
export type SortKey = (typeof SORT_KEYS)[number]

/** Who decides about a model: whoever puts its package into a folder of the server, or an account over the API. */
export type Origin = 'package' | 'account'

export interface Model {
  owner: string
  name: string
  origin: Origin
  createdAt: number
  runCount: number
  about: About
  cover: Cover | undefined
  /** What a run without a version uses. */
  current: Version | undefined
  /** By id, the present one included. */
  versions: Map<string, Version>
}

/** Whether there is anything to show: of a package that is gone, or was never whole, nothing is. */
export function isServed({ origin, current }: Model): boolean {
  return origin === 'account' || current !== undefined
}

/** `owner/name` */
export function fullName({ owner, name }: Pick<Model, 'owner' | 'name'>): string {
  return `${owner}/${name}`
}

export function newestFirst({ versions }: Pick<Model, 'versions'>): Version[] {
  return [...versions.values()].sort((a, b) => b.createdAt - a.createdAt)
}

/**
 * A model of which nothing is known yet.
 * @param fullName `owner/name`
 */
export function newModel(fullName: string, known: Pick<Model, 'origin' | 'createdAt'>): Model {
  const [owner = '', name = ''] = fullName.split('/')
  return {
    owner,
    name,
    ...known,
    runCount: 0,
    about: { visibility: 'public', examples: [] },
    cover: undefined,
    current: undefined,
    versions: new Map(),
  }
}
