import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatBytes } from '../byte-size.ts'
import { errorCode } from '../error-code.ts'
import { messageOf } from '../errors.ts'
import { type Finding, ok, orWell, problem, warning } from './finding.ts'

const ELSEWHERE = 'or set REPRISE_DATA_DIR to another folder'
const LITTLE_BYTES = 2 ** 30
const HARDLY_ANY_BYTES = 100 * 2 ** 20
/** The server makes a folder and files for a prediction that has any. */
const FEW_INODES = 10_000

export interface FolderFacts {
  path: string
  is: 'missing' | 'folder' | 'something else'
  /** Why nothing can be made in it, or, where it is missing, around it. */
  refused: string | undefined
  /** Undefined where the system does not tell. */
  owner: number | undefined
  user: number | undefined
  freeBytes: number
  /** Undefined where the file system does not count them. */
  freeInodes: number | undefined
  /** Whether a server uses it. */
  locked: boolean
}

export async function readFolder(path: string, locked: boolean): Promise<FolderFacts> {
  const found = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  const place = found ? path : await nearest(dirname(path))
  const { bavail, bsize, files, ffree } = await statfs(place)
  return {
    path,
    is: !found ? 'missing' : found.isDirectory() ? 'folder' : 'something else',
    refused: await access(place, constants.W_OK | constants.X_OK).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    ),
    owner: found?.uid,
    user: process.getuid?.(),
    freeBytes: bavail * bsize,
    freeInodes: files > 0 ? ffree : undefined,
    locked,
  }
}

async function nearest(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  return isThere || path === dirname(path) ? path : nearest(dirname(path))
}

export function judgeFolder(facts: FolderFacts): readonly Finding[] {
  const { path, is, refused, owner, user, freeBytes, freeInodes, locked } = facts
  if (is === 'something else') return [problem(`${path} is no folder`, `move it away, ${ELSEWHERE}`)]
  if (refused !== undefined)
    return [problem(`nothing can be written: ${refused}`, `let the user of the server write there, ${ELSEWHERE}`)]
  const faults: Finding[] = []
  const free = formatBytes(freeBytes)
  if (freeBytes < HARDLY_ANY_BYTES)
    faults.push(problem(`${path} has ${free} left`, `make room: the server accepts nothing that it cannot keep`))
  else if (freeBytes < LITTLE_BYTES)
    faults.push(
      warning(`${path} has ${free} left`, 'make room, or let REPRISE_RETENTION keep things for a shorter time'),
    )
  if (freeInodes !== undefined && freeInodes < FEW_INODES)
    faults.push(warning(`${path} has room for ${freeInodes} more files`, 'remove files, or use another file system'))
  if (owner !== undefined && user !== undefined && owner !== user)
    faults.push(
      warning(
        `${path} belongs to user ${owner}, and this is user ${user}`,
        'run doctor and the server as the same user, or give it the folder with chown -R',
      ),
    )
  const use = locked ? 'a server uses it' : 'no server uses it'
  if (is === 'missing') return [...faults, ok(`${path} is made at the first start; ${free} free`)]
  return orWell(faults, `${path}: ${free} free, ${use}`)
}
