import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { execute } from './commands.ts'

const ImageConfig = Type.Object({
  User: Type.String(),
  WorkingDir: Type.String(),
  Env: Type.Array(Type.String()),
  Entrypoint: Type.Array(Type.String()),
  Cmd: Type.Array(Type.String()),
  Healthcheck: Type.Object({ Test: Type.Array(Type.String()) }),
})
/** How a container of the image is started, in Docker's words. */
export type ImageConfig = Static<typeof ImageConfig>

const Inspected = Type.Object({ Docker: Type.Object({ config: ImageConfig }) })

export interface Build {
  context: string
  target: string
  image: string
  args: Record<string, string>
  /** Files that the build may read and that stay out of the image. */
  secrets: Record<string, string>
}

/** Debian's builder of images, which needs no daemon, with a storage of its own. */
export class Buildah {
  readonly #storage: readonly string[]

  constructor(dir: string) {
    this.#storage = ['--root', join(dir, 'storage'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs']
  }

  async has(image: string): Promise<boolean> {
    return (await this.#run('images', '--filter', `reference=${image}`, '--quiet')) !== ''
  }

  /** Makes an image of what `fill` puts into a folder, which holds the content of `from` at first. */
  async make(image: string, from: string, fill: (root: string) => Promise<void>): Promise<void> {
    await this.#withContainer(from, async (container, root) => {
      await fill(root)
      await this.#run('commit', '--quiet', container, image)
    })
  }

  async build({ context, target, image, args, secrets }: Build): Promise<void> {
    await this.#run(
      'build',
      '--pull-never',
      // The other format knows no HEALTHCHECK.
      ...['--format', 'docker'],
      ...['--target', target],
      ...['--tag', image],
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...Object.entries(secrets).flatMap(([id, path]) => ['--secret', `id=${id},src=${path}`]),
      context,
    )
  }

  async configOf(image: string): Promise<ImageConfig> {
    const inspected: unknown = JSON.parse(await this.#run('inspect', '--type', 'image', image))
    return Value.Parse(Inspected, inspected).Docker.config
  }

  /** Gives the files of an image to `use` for as long as that takes. */
  async mounted<Result>(image: string, use: (root: string) => Promise<Result>): Promise<Result> {
    return this.#withContainer(image, (_, root) => use(root))
  }

  async remove(image: string): Promise<void> {
    await this.#run('rmi', '--force', image)
  }

  async #withContainer<Result>(
    image: string,
    use: (container: string, root: string) => Promise<Result>,
  ): Promise<Result> {
    const container = await this.#run('from', '--pull-never', image)
    try {
      return await use(container, await this.#run('mount', container))
    } finally {
      await this.#run('rm', container)
    }
  }

  async #run(command: string, ...args: string[]): Promise<string> {
    // Without the means for a container in a container, a changed root has to do.
    const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' }
    return (await execute('buildah', [...this.#storage, command, ...args], env)).trim()
  }
}
