/** What model.yaml may say of a package that is a graph and a task: one closed object for each task. */
import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { fieldErrors } from '../field-errors.ts'
import { schemaValidator } from '../json-schema.ts'
import { oneOf } from '../one-of.ts'

const LONGEST_SIDE = 8192
const MOST_CLASSES = 100_000

const Name = Type.String({ minLength: 1, maxLength: 200 })

// A type with alternatives breaks one rule where an anyOf would break three.
const NumberOrList = Type.Unsafe<number | number[]>({
  type: ['number', 'array'],
  items: { type: 'number' },
  minItems: 1,
  maxItems: 65_536,
})
const ForEachColour = Type.Unsafe<number | number[]>({ ...NumberOrList, maxItems: 3 })

const graph = {
  input: Type.Optional(Name),
  output: Type.Optional(Name),
  /** Of inputs that are the same in every run. */
  constants: Type.Optional(Type.Record(Name, NumberOrList)),
}

const picture = {
  /** Of both sides, or [height, width]. */
  size: Type.Optional(
    Type.Unsafe<number | [height: number, width: number]>({
      type: ['integer', 'array'],
      minimum: 1,
      maximum: LONGEST_SIDE,
      items: { type: 'integer', minimum: 1, maximum: LONGEST_SIDE },
      minItems: 2,
      maxItems: 2,
    }),
  ),
  layout: Type.Optional(oneOf(['NCHW', 'NHWC'])),
  color: Type.Optional(oneOf(['rgb', 'bgr', 'gray'])),
  /** What the bytes of a picture are multiplied by; `false` leaves them from 0 to 255. */
  rescale: Type.Optional(
    Type.Unsafe<number | boolean>({ type: ['number', 'boolean'], exclusiveMinimum: 0, maximum: 1 }),
  ),
  mean: Type.Optional(ForEachColour),
  std: Type.Optional(ForEachColour),
  resample: Type.Optional(oneOf(['nearest', 'bilinear', 'bicubic', 'lanczos'])),
  background: Type.Optional(Type.String({ pattern: '^(white|black|gray|#[0-9a-fA-F]{6})$' })),
}

const fixedPicture = {
  ...picture,
  fit: Type.Optional(oneOf(['cover', 'contain', 'fill'])),
  crop_pct: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1 })),
}

const classes = {
  /** The names, or the file that holds them. */
  labels: Type.Optional(
    Type.Unsafe<string | (string | number | boolean)[]>({
      type: ['string', 'array'],
      minLength: 1,
      minItems: 1,
      maxItems: MOST_CLASSES,
      items: { type: ['string', 'number', 'boolean'] },
    }),
  ),
  activation: Type.Optional(oneOf(['auto', 'softmax', 'sigmoid', 'none'])),
}

const ranked = { ...classes, top_k: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_CLASSES })) }

const embedding = {
  pooling: Type.Optional(oneOf(['mean', 'cls', 'max'])),
  /** To a length of 1. */
  normalize: Type.Optional(Type.Boolean()),
}

const text = {
  /** File of the package. */
  tokenizer: Type.Optional(Name),
  /** File of the package with a number for each word, in place of a tokenizer. */
  vocabulary: Type.Optional(Name),
  max_length: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
  truncation_side: Type.Optional(oneOf(['left', 'right'])),
  /** Up to `max_length`, or no further than the text is long. */
  padding: Type.Optional(oneOf(['max_length', 'longest'])),
  padding_side: Type.Optional(oneOf(['left', 'right'])),
  pad_token_id: Type.Optional(Type.Integer({ minimum: 0 })),
}

const TASKS = {
  'image-classification': closed('image-classification', { ...graph, ...fixedPicture, ...ranked }),
  'image-to-image': closed('image-to-image', {
    ...graph,
    ...picture,
    fit: Type.Optional(oneOf(['contain', 'fill'])),
    /** What is black and what is white in the output. */
    output_range: Type.Optional(
      Type.Unsafe<[black: number, white: number]>({ ...NumberOrList, type: 'array', minItems: 2, maxItems: 2 }),
    ),
    max_pixels: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 26 })),
    size_divisor: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
  }),
  'image-embedding': closed('image-embedding', { ...graph, ...fixedPicture, ...embedding }),
  'text-classification': closed('text-classification', { ...graph, ...text, ...ranked }),
  'text-embedding': closed('text-embedding', { ...graph, ...text, ...embedding }),
  'audio-classification': closed('audio-classification', {
    ...graph,
    ...ranked,
    sample_rate: Type.Optional(Type.Integer({ minimum: 4_000, maximum: 192_000 })),
    max_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 600 })),
    /** To a mean of 0 and a variance of 1. */
    normalize: Type.Optional(Type.Boolean()),
  }),
  tabular: closed('tabular', {
    ...graph,
    ...classes,
    features: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 10_000, uniqueItems: true }),
    ),
  }),
}

function closed<Task extends string, Properties extends TProperties>(task: Task, properties: Properties) {
  return Type.Object({ task: Type.Literal(task), ...properties }, { additionalProperties: false })
}

export type TaskName = keyof typeof TASKS
/** The settings of one task, or of any. */
export type TaskYaml<Name extends TaskName = TaskName> = { [Task in Name]: Static<(typeof TASKS)[Task]> }[Name]

export type GraphYaml = Pick<TaskYaml, 'input' | 'output' | 'constants'>
export type PictureYaml = Pick<TaskYaml<'image-classification'>, keyof typeof fixedPicture>
export type ClassesYaml = Pick<TaskYaml<'image-classification'>, keyof typeof classes>
export type RankedYaml = Pick<TaskYaml<'image-classification'>, keyof typeof ranked>
export type EmbeddingYaml = Pick<TaskYaml<'image-embedding'>, keyof typeof embedding>
export type TextYaml = Pick<TaskYaml<'text-embedding'>, keyof typeof text | 'input' | 'constants'>

const validators = new Map(Object.entries(TASKS).map(([name, schema]) => [name, schemaValidator(schema)]))

/**
 * @param settings of model.yaml, without what every package may say
 * @throws Error that names what is wrong, and the task
 */
export function parseTask(settings: Record<string, unknown>): TaskYaml {
  const { task } = settings
  const errorsOf = validators.get(String(task))
  if (!errorsOf || !isTaskName(task))
    throw new Error(`task: ${JSON.stringify(task)} is none of ${Object.keys(TASKS).join(', ')}`)
  const errors = errorsOf(settings)
  if (errors.length === 0) return settings as TaskYaml
  const problems = errors.flatMap((error) =>
    error.keyword === 'additionalProperties' && error.instancePath === ''
      ? [`${error.params.additionalProperty} is no setting of it, only ${settingsOf(task).join(', ')}`]
      : fieldErrors([error], '').map(({ field, description }) => `${field}: ${description}`),
  )
  throw new Error(`task ${task}: ${problems.join('; ')}`)
}

function isTaskName(task: unknown): task is TaskName {
  return typeof task === 'string' && Object.hasOwn(TASKS, task)
}

function settingsOf(task: TaskName): string[] {
  return Object.keys(TASKS[task].properties).filter((name) => name !== 'task')
}
