/**
 * `npm run check:image [-- --fresh] [-- --cache FOLDER]`: builds the images of the Dockerfile without Docker, over
 * stand-ins for the base images, and runs them as an engine for containers would. Ends with 1 when something fails.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../src/errors.ts'
import { Buildah } from './image/buildah.ts'
import { missingOf } from './image/commands.ts'
import { type Options, readOptions } from './image/options.ts'
import { check, print } from './image/report.ts'
import { bytesOf, inMegabytes, largestFolders } from './image/sizes.ts'
import { npmUserSettings, standIns } from './image/stand-in.ts'
import { tryImage } from './image/trial.ts'

const PROGRAMS = ['buildah', 'debootstrap', 'unshare', 'nsenter', 'setpriv', 'chroot', 'mount', 'du', 'apt-get']
const CONTEXT = fileURLToPath(new URL('..', import.meta.url))

try {
  await main(readOptions(process.argv.slice(2), process.env))
} catch (error) {
  print(messageOf(error))
  process.exitCode = 1
}

async function main({ cacheDir, fresh }: Options): Promise<void> {
  const missing = missingOf(PROGRAMS, process.env.PATH ?? '')
  if (missing.length > 0)
    throw new Error(`Missing: ${missing.join(', ')}; on Debian: apt-get install -y buildah debootstrap`)
  if (process.getuid?.() !== 0) throw new Error('Only root can make the stand-ins and mount what has been built')
  if (fresh) rmSync(cacheDir, { recursive: true, force: true })
  mkdirSync(cacheDir, { recursive: true })
  const buildah = new Buildah(cacheDir)
  const bases = await check('stand-ins for the base images', () => standIns(buildah))
  const npmrc = await npmUserSettings()
  for (const target of ['cpu', 'cuda']) {
    const image = `localhost/reprise-check:${target}`
    await check(`the target ${target} is built`, () =>
      buildah.build({
        context: CONTEXT,
        target,
        image,
        args: { NODE_IMAGE: bases.node, CUDA_IMAGE: bases.cuda, CUDA_PROVIDER: 'skip' },
        secrets: npmrc === undefined ? {} : { npmrc },
      }),
    )
    const base = target === 'cpu' ? bases.node : bases.cuda
    const baseBytes = await buildah.mounted(base, bytesOf)
    const config = await buildah.configOf(image)
    await buildah.mounted(image, async (root) => {
      const bytes = await bytesOf(root)
      print(`${inMegabytes(bytes)}, of which ${inMegabytes(bytes - baseBytes)} are not of the stand-in`)
      for (const line of await largestFolders(root)) print(line)
      const workDir = mkdtempSync(join(tmpdir(), 'reprise-image-'))
      try {
        await tryImage(root, config, workDir)
      } finally {
        rmSync(workDir, { recursive: true, force: true })
      }
    })
    await buildah.remove(image)
  }
}
