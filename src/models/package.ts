import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import { type ModelYaml, readModelYaml } from './model-yaml.ts'
import { readRunSettings } from './run-settings.ts'

/** A folder `<owner>/<name>` as its author wrote it. */
export interface Package {
  /** `owner/name` */
  name: string
  dir: string
  /** The file whose default export is the model, or its graph. */
  entry: string
  yaml: ModelYaml
  run: RunSettings
}

const NAME_PART = /^[a-z0-9][a-z0-9._-]*$/i
const CODE = ['predict.ts', 'predict.js']
/** What is run where there is no code. */
const GRAPH = 'model.onnx'

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
  return [...CODE, GRAPH].find((file) => existsSync(join(dir, file)))
}

export function packageName(dir: string): string {
  return `${basename(dirname(dir))}/${basename(dir)}`
}

/** @throws AppError `invalid` that says what is wrong with the package and in which file. */
export async function readPackage(dir: string): Promise<Package> {
  const entry = entryOf(dir)
  if (!entry) throw new AppError('invalid', `There is no ${CODE.join(' or ')} in ${dir}`)
  const { yaml, task } = await readModelYaml(dir)
  if (entry === GRAPH && !task)
    throw new AppError('invalid', `There is no ${CODE.join(' or ')} in ${dir}, and model.yaml names no task`)
  if (entry !== GRAPH && task)
    throw new AppError('invalid', `model.yaml names a task, but ${entry} says what to do; remove one of them`)
  return {
    name: packageName(dir),
    dir,
    entry,
    yaml,
    run: readRunSettings(yaml.run ?? {}),
  }
}
