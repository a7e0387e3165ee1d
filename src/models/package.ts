import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { parse } from 'yaml'
import { AppError, messageOf } from '../errors.ts'
import { fieldErrors } from '../field-errors.ts'
import { schemaValidator } from '../json-schema.ts'
import { oneOf } from '../one-of.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import { RunYaml, readRunSettings } from './run-settings.ts'

const ModelYaml = Type.Object(
  {
    description: Type.Optional(Type.String()),
    visibility: Type.Optional(oneOf(['public', 'private'])),
    license_url: Type.Optional(Type.String()),
    github_url: Type.Optional(Type.String()),
    paper_url: Type.Optional(Type.String()),
    hardware: Type.Optional(Type.String()),
    version: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    run: Type.Optional(RunYaml),
  },
  { additionalProperties: false },
)

export type ModelYaml = Static<typeof ModelYaml>

/** A folder `<owner>/<name>` as its author wrote it. */
export interface Package {
  /** `owner/name` */
  name: string
  dir: string
  /** The file whose default export is the model. */
  entry: string
  yaml: ModelYaml
  run: RunSettings
}

const NAME_PART = /^[a-z0-9][a-z0-9._-]*$/i
const ENTRIES = ['predict.ts', 'predict.js']

const yamlErrors = schemaValidator(ModelYaml)

/**
 * Folders two levels below `dir` that could be packages.
 * @param onIgnored hears of what cannot be one, or cannot be read; it does not keep the others from being found
 */
export async function listPackageDirs(
  dir: string,
  onIgnored: (dir: string, reason: string) => void,
): Promise<string[]> {
  async function foldersIn(parent: string): Promise<string[]> {
    try {
      // The dot follows links and is found in folders only.
      const names = (await readdir(parent)).filter((name) => !name.startsWith('.') && existsSync(`${parent}/${name}/.`))
      const [good, odd] = [names.filter((name) => NAME_PART.test(name)), names.filter((name) => !NAME_PART.test(name))]
      for (const name of odd) onIgnored(join(parent, name), 'its name has characters that a model name cannot have')
      return good.sort().map((name) => join(parent, name))
    } catch (error) {
      onIgnored(parent, messageOf(error))
      return []
    }
  }
  const owners = await foldersIn(dir)
  for (const owner of owners) if (entryOf(owner)) onIgnored(owner, 'a package lies two folders deep, as <owner>/<name>')
  return (await Promise.all(owners.map(foldersIn))).flat()
}

function entryOf(dir: string): string | undefined {
  return ENTRIES.find((file) => existsSync(join(dir, file)))
}

export function packageName(dir: string): string {
  return `${basename(dirname(dir))}/${basename(dir)}`
}

/** @throws AppError `invalid` that says what is wrong with the package and in which file. */
export async function readPackage(dir: string, name = packageName(dir)): Promise<Package> {
  const entry = entryOf(dir)
  if (!entry) throw new AppError('invalid', `There is no ${ENTRIES.join(' or ')} in ${dir}`)
  const yaml = await readYaml(join(dir, 'model.yaml'))
  return {
    name,
    dir,
    entry,
    yaml,
    run: readRunSettings(yaml.run ?? {}),
  }
}

async function readYaml(path: string): Promise<ModelYaml> {
  if (!existsSync(path)) return {}
  let content: unknown
  try {
    content = parse(await readFile(path, 'utf8')) ?? {}
  } catch (error) {
    throw new AppError('invalid', `model.yaml is not valid YAML: ${messageOf(error)}`)
  }
  const errors = yamlErrors(content)
  if (errors.length === 0) return content as ModelYaml
  const problems = fieldErrors(errors, '').map(({ field, description }) => `${field && `${field}: `}${description}`)
  throw new AppError('invalid', `model.yaml: ${problems.join('; ')}`)
}
