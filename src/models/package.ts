import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import { isNamePart } from './model-name.ts'
import { type ModelYaml, readModelYaml } from './model-yaml.ts'
import { readRunSettings } from './run-settings.ts'

/** A folder `<owner>/<name>` as its author wrote it. */
export interface Package {
  /** `owner/name` */
  name: string
  dir: string
  /** The file whose default export is the model, or the graph that is served without code. */
  entry: string
  yaml: ModelYaml
  run: RunSettings
}

const CODE = ['predict.ts', 'predict.js']
/** What there is to run; where there are several, the first. */
const ENTRIES = [...CODE, 'model.onnx', 'model.ort']
const ONE_OF = new Intl.ListFormat('en', { type: 'disjunction' })

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
      const [good, odd] = [names.filter(isNamePart), names.filter((name) => !isNamePart(name))]
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

/**
 * @param name `owner/name`, where the folder is not named so
 * @throws AppError `invalid` that says what is wrong with the package and in which file
 */
export async function readPackage(dir: string, name = packageName(dir)): Promise<Package> {
  const entry = entryOf(dir)
  if (!entry) throw new AppError('invalid', `There is no ${ONE_OF.format(ENTRIES)} in the package`)
  const { yaml, task } = await readModelYaml(dir)
  if (task && CODE.includes(entry))
    throw new AppError('invalid', `model.yaml names a task, but ${entry} says what to do; remove one of them`)
  return {
    name,
    dir,
    entry,
    yaml,
    run: readRunSettings(yaml.run ?? {}),
  }
}
