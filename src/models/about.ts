import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import { isDeeper } from '../is-deeper.ts'
import { isRecord } from '../is-record.ts'
import type { ModelYaml } from './model-yaml.ts'

/** What is told of a model: by its package, or by the one who made it. */
export interface About {
  description?: string | undefined
  visibility: 'public' | 'private'
  github_url?: string | undefined
  paper_url?: string | undefined
  license_url?: string | undefined
  weights_url?: string | undefined
  cover_image_url?: string | undefined
  hardware?: string | undefined
  /** Markdown. */
  readme?: string | undefined
  examples: readonly Example[]
}

/** An input that shows what the model is good for. */
export interface Example {
  name: string
  input: Readonly<Record<string, unknown>>
}

/** A picture that lies beside the package. */
export interface Cover {
  path: string
  /** With the ending that tells its type. */
  name: string
}

export const LONGEST_README_BYTES = 2 ** 20
const LARGEST_COVER_BYTES = 5 * 2 ** 20
const MOST_EXAMPLES = 100
const LARGEST_EXAMPLE_BYTES = 2 ** 20
/** Of all examples of a model, which stay in memory. */
const ALL_EXAMPLES_BYTES = 4 * 2 ** 20
/** As deep as the body of a create may be. */
const DEEPEST_EXAMPLE = 500

export const COVER_IMAGE = /^cover\.(png|jpe?g|webp|gif|svg)$/

/**
 * Reads what a package tells of itself beside its content.
 * @throws AppError `invalid` that names the file which is too large, or is no example
 */
export async function readAbout(dir: string, yaml: ModelYaml): Promise<About> {
  const { description, visibility = 'public', github_url, paper_url, license_url, hardware } = yaml
  const readme = await readOptional(dir, 'README.md', LONGEST_README_BYTES)
  return {
    description,
    visibility,
    github_url,
    paper_url,
    license_url,
    hardware,
    readme: readme?.toString(),
    examples: await readExamples(dir),
  }
}

/** @throws AppError `invalid` when it is too large to be shown */
export async function findCover(dir: string): Promise<Cover | undefined> {
  const name = (await readdir(dir)).find((file) => COVER_IMAGE.test(file))
  if (name === undefined) return
  const path = join(dir, name)
  await sizeOf(dir, name, LARGEST_COVER_BYTES)
  return { path, name }
}

async function readExamples(dir: string): Promise<Example[]> {
  const folder = join(dir, 'examples')
  if (!existsSync(folder)) return []
  if (!(await stat(folder)).isDirectory()) throw new AppError('invalid', 'examples is no folder')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json') && !file.startsWith('.')).sort()
  if (files.length > MOST_EXAMPLES)
    throw new AppError('invalid', `There are ${files.length} examples; a package has at most ${MOST_EXAMPLES}`)
  let bytes = 0
  for (const file of files) bytes += await sizeOf(dir, `examples/${file}`, LARGEST_EXAMPLE_BYTES)
  assertSize('The folder examples', bytes, ALL_EXAMPLES_BYTES)
  return Promise.all(files.map((file) => readExample(dir, `examples/${file}`)))
}

async function readExample(dir: string, file: string): Promise<Example> {
  const text = await readOptional(dir, file, LARGEST_EXAMPLE_BYTES)
  let content: unknown
  try {
    content = JSON.parse(String(text))
  } catch (error) {
    throw new AppError('invalid', `${file} is not valid JSON: ${messageOf(error)}`)
  }
  if (!isRecord(content) || !isRecord(content.input))
    throw new AppError('invalid', `${file} has to be an object with an "input", such as {"input": {"text": "Alice"}}`)
  if (isDeeper(content.input, DEEPEST_EXAMPLE))
    throw new AppError('invalid', `${file} nests arrays and objects more than ${DEEPEST_EXAMPLE} deep`)
  return { name: file.slice('examples/'.length, -'.json'.length), input: content.input }
}

async function readOptional(dir: string, file: string, mostBytes: number): Promise<Buffer | undefined> {
  const path = join(dir, file)
  if (!existsSync(path)) return
  await sizeOf(dir, file, mostBytes)
  return readFile(path)
}

/** @throws AppError `invalid` for what is no file, and for one that is too large */
async function sizeOf(dir: string, file: string, most: number): Promise<number> {
  const found = await stat(join(dir, file))
  if (!found.isFile()) throw new AppError('invalid', `${file} is no file`)
  assertSize(file, found.size, most)
  return found.size
}

function assertSize(file: string, bytes: number, most: number): void {
  if (bytes > most) throw new AppError('invalid', `${file} has ${bytes} bytes; at most ${most} are served`)
}
