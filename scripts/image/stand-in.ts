import { cpSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Buildah } from './buildah.ts'
import { execute } from './commands.ts'

/** The Debian that the base image has, too. */
const SUITE = 'bookworm'

export interface StandIns {
  /** For the image with Node and npm. */
  node: string
  /** For the image with the CUDA libraries, which it lacks. */
  cuda: string
}

/**
 * Base images made of Debian's packages and of the Node and npm that run this, for machines that can pull none. Made
 * once, unless Node has changed.
 */
export async function standIns(buildah: Buildah): Promise<StandIns> {
  const debian = `localhost/reprise-stand-in-debian:${SUITE}`
  const node = `localhost/reprise-stand-in-node:${process.versions.node}`
  if (!(await buildah.has(debian))) await buildah.make(debian, 'scratch', installDebian)
  if (!(await buildah.has(node))) await buildah.make(node, debian, installNode)
  return { node, cuda: debian }
}

async function installDebian(root: string): Promise<void> {
  await execute('debootstrap', ['--variant=minbase', SUITE, root, ...(await debianMirror())])
  for (const left of ['var/cache/apt/archives', 'var/lib/apt/lists'])
    rmSync(join(root, left), { recursive: true, force: true })
  writeFileSync(join(root, 'etc/apt/apt.conf.d/proxy'), await aptProxies())
}

/** As in the image that it stands for: both below /usr/local, and a user of the name. */
async function installNode(root: string): Promise<void> {
  const local = join(root, 'usr/local')
  cpSync(process.execPath, join(local, 'bin/node'))
  const npm = join(local, 'lib/node_modules/npm')
  cpSync(npmFolder(), npm, { recursive: true, dereference: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  await execute('chroot', [root, 'useradd', '--uid', '1000', '--create-home', 'node'])

  // What this machine needs to reach the registry, apart from what users set for themselves.
  const settings = [`registry=${await npmSetting('registry')}`]
  const certificates = process.env.NODE_EXTRA_CA_CERTS || (await npmSetting('cafile'))
  if (certificates) {
    cpSync(certificates, join(local, 'etc/certificates.pem'), { dereference: true })
    settings.push('cafile=/usr/local/etc/certificates.pem')
  }
  writeFileSync(join(local, 'etc/npmrc'), settings.join('\n'))
}

/** The mirror that this machine uses, if it is a Debian. */
async function debianMirror(): Promise<string[]> {
  const sites = await execute('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Origin: Debian',
    `Codename: ${SUITE}`,
  ])
  return sites.split('\n').slice(0, 1).filter(Boolean)
}

async function aptProxies(): Promise<string> {
  const settings = await execute('apt-config', ['dump', 'Acquire'])
  return settings
    .split('\n')
    .filter((line) => /::proxy/i.test(line))
    .join('\n')
}

/** @returns '' for what is not set */
async function npmSetting(name: string): Promise<string> {
  const value = (await execute(process.execPath, [npmProgram(), 'config', 'get', name])).trim()
  return value === 'null' || value === 'undefined' ? '' : value
}

/** The user's settings for npm, with the keys to a registry perhaps; undefined where there are none. */
export async function npmUserSettings(): Promise<string | undefined> {
  const path = await npmSetting('userconfig')
  return existsSync(path) ? path : undefined
}

function npmFolder(): string {
  return dirname(dirname(npmProgram()))
}

function npmProgram(): string {
  const program = process.env.npm_execpath
  if (program === undefined) throw new Error('Start it with npm: npm run check:image')
  return program
}
