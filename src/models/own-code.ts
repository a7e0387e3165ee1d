import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import { listContent, listPackage } from './content-hash.ts'

/** What Node runs, or lets decide how it runs something else. */
const CODE = new Set([
  '.ts',
  '.mts',
  '.cts',
  '.tsx',
  '.js',
  '.mjs',
  '.cjs',
  '.jsx',
  '.node',
  '.wasm',
  '.so',
  '.dylib',
  '.dll',
])
const DECIDES_ON_CODE = new Set(['package.json'])

/**
 * Refuses a package that holds code.
 * @throws AppError `invalid` that names the file
 */
export async function assertNoCode(packageDir: string): Promise<void> {
  const code = (await listPackage(packageDir)).find(isCode)
  if (code === undefined) return
  throw new AppError(
    'invalid',
    `${code} is code: only operators may push code, and where REPRISE_PUSH_CODE allows it; a model.onnx needs none`,
  )
}

/**
 * Refuses a package that holds code which is not, byte for byte, in another one (rules 5).
 * @throws AppError `invalid` that names the file
 */
export async function assertOwnCode(packageDir: string, otherDir: string): Promise<void> {
  const code = (await listContent(packageDir)).filter(isCode)
  const own = new Set<string>()
  for (const path of (await listContent(otherDir)).filter(isCode)) own.add(await hashOf(join(otherDir, path)))
  for (const path of code)
    if (!own.has(await hashOf(join(packageDir, path))))
      throw new AppError(
        'invalid',
        `${path} is code that the package which was trained does not hold; a training may add data, and of code only ` +
          "copies of the package's own files, such as readFile(ctx.path('predict.ts'))",
      )
}

function isCode(path: string): boolean {
  const name = basename(path).toLowerCase()
  return CODE.has(extname(name)) || DECIDES_ON_CODE.has(name)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
