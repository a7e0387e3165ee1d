import { describe, expect, test } from 'vitest'
import { choices, stream, Type, textStream } from '../../src/models/define-model.ts'
import { openapiSchema } from '../../src/models/openapi-schema.ts'

/** As a signature arrives from a runner: plain JSON. */
function schemasOf(input: object, output: object = Type.String()) {
  const { components } = openapiSchema(JSON.parse(JSON.stringify({ input, output })))
  return components.schemas
}

describe('inputs', () => {
  test('are described as cog does', () => {
    const { Input } = schemasOf(
      Type.Object({
        prompt: Type.String({ description: 'What to draw' }),
        num_inference_steps: Type.Integer({ minimum: 1, maximum: 4, default: 4 }),
        guidance: Type.Number({ default: 7.5 }),
        go_fast: Type.Boolean({ default: false }),
        image: Type.Optional(Type.String({ format: 'uri' })),
        tags: Type.Array(Type.String(), { default: [] }),
        note: Type.Optional(Type.Unsafe<string | null>({ type: 'string', nullable: true })),
        token: Type.String({ format: 'password', 'x-cog-secret': true, title: 'Access token' }),
      }),
    )
    expect(Input).toEqual({
      type: 'object',
      title: 'Input',
      required: ['prompt', 'token'],
      properties: {
        prompt: { type: 'string', title: 'Prompt', description: 'What to draw', 'x-order': 0 },
        num_inference_steps: {
          type: 'integer',
          title: 'Num Inference Steps',
          minimum: 1,
          maximum: 4,
          default: 4,
          'x-order': 1,
        },
        guidance: { type: 'number', title: 'Guidance', default: 7.5, 'x-order': 2 },
        go_fast: { type: 'boolean', title: 'Go Fast', default: false, 'x-order': 3 },
        image: { type: 'string', format: 'uri', title: 'Image', 'x-order': 4 },
        tags: { type: 'array', items: { type: 'string' }, title: 'Tags', default: [], 'x-order': 5 },
        note: { type: 'string', nullable: true, title: 'Note', 'x-order': 6 },
        token: { type: 'string', format: 'password', 'x-cog-secret': true, title: 'Access token', 'x-order': 7 },
      },
    })
  })

  test('that may all be left out are not listed as required', () => {
    const { Input } = schemasOf(Type.Object({ text: Type.String({ default: 'hello' }) }))
    expect(Input).not.toHaveProperty('required')
    expect(schemasOf(Type.Object({})).Input).toEqual({ type: 'object', title: 'Input', properties: {} })
  })

  test('with choices point to a component of their own', () => {
    const { Input, style, size } = schemasOf(
      Type.Object({
        style: choices(['plain', 'fancy'], { default: 'plain', description: 'How it looks' }),
        size: choices([512, 1024]),
      }),
    )
    expect(Input).toEqual({
      type: 'object',
      title: 'Input',
      required: ['size'],
      properties: {
        style: {
          allOf: [{ $ref: '#/components/schemas/style' }],
          default: 'plain',
          description: 'How it looks',
          'x-order': 0,
        },
        size: { allOf: [{ $ref: '#/components/schemas/size' }], 'x-order': 1 },
      },
    })
    expect(style).toEqual({
      title: 'style',
      type: 'string',
      enum: ['plain', 'fancy'],
      description: 'An enumeration.',
    })
    expect(size).toEqual({ title: 'size', type: 'integer', enum: [512, 1024], description: 'An enumeration.' })
  })

  test('with a union of literals are choices, too', () => {
    const { Input, style } = schemasOf(
      Type.Object({ style: Type.Union([Type.Literal('plain'), Type.Literal('fancy')], { default: 'plain' }) }),
    )
    expect(Input?.properties).toEqual({
      style: { allOf: [{ $ref: '#/components/schemas/style' }], default: 'plain', 'x-order': 0 },
    })
    expect(style).toMatchObject({ type: 'string', enum: ['plain', 'fancy'] })
  })

  test('with choices that may be null say so where the choices are', () => {
    const { Input, style } = schemasOf(
      Type.Object({ style: Type.Optional(Type.Unsafe({ type: 'string', enum: ['plain'], nullable: true })) }),
    )
    expect(Input?.properties).toEqual({ style: { allOf: [{ $ref: '#/components/schemas/style' }], 'x-order': 0 } })
    expect(style).toMatchObject({ type: 'string', enum: ['plain', null], nullable: true })
  })

  test('with a union of anything else stay as they are', () => {
    const { Input, value } = schemasOf(Type.Object({ value: Type.Union([Type.String(), Type.Integer()]) }))
    expect(Input?.properties).toEqual({
      value: { anyOf: [{ type: 'string' }, { type: 'integer' }], title: 'Value', 'x-order': 0 },
    })
    expect(value).toBeUndefined()
  })
})

describe('the output', () => {
  test.each([
    ['text', Type.String(), { type: 'string', title: 'Output' }],
    ['a file', Type.String({ format: 'uri' }), { type: 'string', format: 'uri', title: 'Output' }],
    [
      'several files',
      Type.Array(Type.String({ format: 'uri' })),
      { type: 'array', items: { type: 'string', format: 'uri' }, title: 'Output' },
    ],
    [
      'an iterator',
      stream(Type.Integer()),
      { type: 'array', items: { type: 'integer' }, title: 'Output', 'x-cog-array-type': 'iterator' },
    ],
    [
      'an iterator of text that is joined',
      textStream(),
      {
        type: 'array',
        items: { type: 'string' },
        title: 'Output',
        'x-cog-array-type': 'iterator',
        'x-cog-array-display': 'concatenate',
      },
    ],
    [
      'an object',
      Type.Object({ label: Type.String(), score: Type.Optional(Type.Number()) }),
      {
        type: 'object',
        title: 'Output',
        properties: { label: { type: 'string' }, score: { type: 'number' } },
        required: ['label'],
      },
    ],
    ['anything', Type.Unknown(), { title: 'Output' }],
    ['something with a title', Type.String({ title: 'Caption' }), { type: 'string', title: 'Caption' }],
  ])('can be %s', (_what, output, expected) => {
    expect(schemasOf(Type.Object({}), output).Output).toEqual(expected)
  })
})

test('the whole is an OpenAPI document without paths that has the parts cog adds', () => {
  const { components, ...envelope } = openapiSchema({ input: Type.Object({}), output: Type.String() })
  expect(envelope).toEqual({ openapi: '3.0.2', info: { title: 'Cog', version: '0.1.0' }, paths: {} })
  expect(Object.keys(components.schemas).sort()).toEqual([
    'HTTPValidationError',
    'Input',
    'Output',
    'PredictionRequest',
    'PredictionResponse',
    'Status',
    'ValidationError',
    'WebhookEvent',
  ])
})

test('everything that is referred to is there', () => {
  const schemas = schemasOf(Type.Object({ style: choices(['plain']) }), textStream())
  const references = JSON.stringify(schemas).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
  expect([...references].map(([, name = '']) => name).filter((name) => !(name in schemas))).toEqual([])
})

describe('a training', () => {
  const input = Type.Object({ style: choices(['plain', 'bold']) })
  const training = {
    entry: 'train.ts',
    input: Type.Object({ style: choices(['slow', 'fast']), epochs: Type.Integer() }),
  }
  const { components } = openapiSchema(JSON.parse(JSON.stringify({ input, output: Type.String(), training })))
  const { schemas } = components

  test('is described beside predictions, as cog does', () => {
    expect(schemas.TrainingInput).toMatchObject({
      type: 'object',
      title: 'TrainingInput',
      required: ['style', 'epochs'],
      properties: { epochs: { type: 'integer', title: 'Epochs', 'x-order': 1 } },
    })
    expect(schemas.TrainingRequest).toMatchObject({
      properties: { input: { $ref: '#/components/schemas/TrainingInput' } },
    })
    expect(schemas.TrainingResponse).toMatchObject({
      properties: { output: { $ref: '#/components/schemas/TrainingOutput' }, version: { type: 'string' } },
    })
    expect(schemas.TrainingOutput).toMatchObject({ required: ['version'], properties: { version: { type: 'string' } } })
  })

  test('may have choices under a name that predictions have for others', () => {
    expect(schemas.Input).toMatchObject({ properties: { style: { allOf: [{ $ref: '#/components/schemas/style' }] } } })
    expect(schemas.style).toMatchObject({ enum: ['plain', 'bold'] })
    expect(schemas.TrainingInput).toMatchObject({
      properties: { style: { allOf: [{ $ref: '#/components/schemas/TrainingInput_style' }] } },
    })
    expect(schemas.TrainingInput_style).toMatchObject({ title: 'style', enum: ['slow', 'fast'] })
  })

  test('is not, where there is none', () => {
    const names = Object.keys(schemasOf(input))
    expect(names.filter((name) => name.startsWith('Training'))).toEqual([])
  })
})
