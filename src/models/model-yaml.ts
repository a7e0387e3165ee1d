import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { AppError, messageOf } from '../errors.ts'
import { describeErrors } from '../field-errors.ts'
import { isRecord } from '../is-record.ts'
import { schemaValidator } from '../json-schema.ts'
import { oneOf } from '../one-of.ts'
import { parseTask, type TaskYaml } from '../tasks/task-yaml.ts'
import { parsePlainYaml } from './plain-yaml.ts'
import { RunYaml } from './run-settings.ts'

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

/** What every package may say, whatever it runs. */
export type ModelYaml = Static<typeof ModelYaml>

/** YAML is read slowly, and others wait meanwhile: 64 KiB take up to half a second on a busy machine. */
const LARGEST_BYTES = 64 * 2 ** 10

const yamlErrors = schemaValidator(ModelYaml)

/**
 * Reads the model.yaml of a package, where it has one.
 * @throws AppError `invalid` that says what is wrong in it
 */
export async function readModelYaml(dir: string): Promise<{ yaml: ModelYaml; task: TaskYaml | undefined }> {
  const path = join(dir, 'model.yaml')
  if (!existsSync(path)) return { yaml: {}, task: undefined }
  const { size } = await stat(path)
  if (size > LARGEST_BYTES)
    throw new AppError(
      'invalid',
      `model.yaml has ${size} bytes; at most ${LARGEST_BYTES} are read; long lists of labels go into labels.txt`,
    )
  let content: unknown
  try {
    content = parsePlainYaml(await readFile(path, 'utf8')) ?? {}
  } catch (error) {
    throw new AppError('invalid', `model.yaml is not valid YAML: ${messageOf(error)}`)
  }
  if (!isRecord(content) || !('task' in content)) return { yaml: parseYaml(content), task: undefined }
  const isOfEvery = ([name]: [string, unknown]) => Object.hasOwn(ModelYaml.properties, name)
  const ofEvery = Object.entries(content).filter((entry) => isOfEvery(entry))
  const ofTask = Object.entries(content).filter((entry) => !isOfEvery(entry))
  return { yaml: parseYaml(Object.fromEntries(ofEvery)), task: taskOf(Object.fromEntries(ofTask)) }
}

function parseYaml(content: unknown): ModelYaml {
  const errors = yamlErrors(content)
  if (errors.length === 0) return content as ModelYaml
  throw new AppError('invalid', `model.yaml: ${describeErrors(errors)}`)
}

function taskOf(settings: Record<string, unknown>): TaskYaml {
  try {
    return parseTask(settings)
  } catch (error) {
    throw new AppError('invalid', `model.yaml: ${messageOf(error)}`)
  }
}
