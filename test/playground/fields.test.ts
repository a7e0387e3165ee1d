import { Type } from '@sinclair/typebox'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from '../../playground/src/form/fields.ts'
import { parseValues, startingValues, withValue } from '../../playground/src/form/values.ts'
import { choices, fileInput, secret } from '../../src/models/define-model.ts'
import { openapiSchema } from '../../src/models/openapi-schema.ts'

const properties = {
  prompt: Type.String({ description: 'What to paint' }),
  poem: Type.String({ default: 'one\ntwo' }),
  steps: Type.Integer({ minimum: 1, maximum: 50, default: 20 }),
  strength: Type.Number(),
  sharp: Type.Boolean({ default: true }),
  size: choices(['small', 'large'], { default: 'small', description: 'Of the picture' }),
  image: fileInput(),
  key: secret(),
  tags: Type.Array(Type.String()),
  images: Type.Array(fileInput()),
  tensor: Type.Array(Type.Array(Type.Number())),
  anything: Type.Unknown(),
}
const fields = fieldsOf({ ...openapiSchema({ input: Type.Object(properties), output: Type.String() }) })

describe('the field of an input', () => {
  test.each([
    ['prompt', { kind: 'text', long: false }],
    ['poem', { kind: 'text', long: true }],
    ['steps', { kind: 'number', integer: true, minimum: 1, maximum: 50 }],
    ['strength', { kind: 'number', integer: false, minimum: undefined, maximum: undefined }],
    ['sharp', { kind: 'boolean' }],
    ['size', { kind: 'choice', values: ['small', 'large'] }],
    ['image', { kind: 'file', accept: undefined }],
    ['key', { kind: 'secret' }],
    ['tags', { kind: 'list', item: { kind: 'text', long: false } }],
    ['images', { kind: 'list', item: { kind: 'file', accept: undefined } }],
    ['tensor', { kind: 'json' }],
    ['anything', { kind: 'json' }],
  ])('%s asks in the way that suits it', (name, control) => {
    expect(fields.find((field) => field.name === name)?.control).toEqual(control)
  })

  test('stands where its author wrote it', () => {
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(properties))
  })

  test('says what it is for, whether it is required, and what it is without being set', () => {
    expect(fields.find(({ name }) => name === 'prompt')).toMatchObject({ description: 'What to paint', required: true })
    expect(fields.find(({ name }) => name === 'size')).toMatchObject({
      description: 'Of the picture',
      required: false,
      default: 'small',
    })
  })

  test('is not there where the schema has none', () => {
    expect(fieldsOf({})).toEqual([])
    expect(fieldsOf({ components: { schemas: { Input: { properties: 'none' } } } })).toEqual([])
  })
})

describe('the values of a form', () => {
  test('begin with the defaults, over which an earlier input goes', () => {
    expect(startingValues(fields)).toEqual({ poem: 'one\ntwo', steps: 20, sharp: true, size: 'small' })
    expect(startingValues(fields, { steps: 3, more: 1 })).toMatchObject({ steps: 3, sharp: true, more: 1 })
  })

  test('keep their order when one changes, and lose one that is taken out', () => {
    expect(Object.keys(withValue({ a: 1, b: 2 }, 'a', 3))).toEqual(['a', 'b'])
    expect(withValue({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 })
  })

  test.each(['', '1', 'null', '[]', '{"a":'])('are not read from %j', (text) => {
    expect(parseValues(text)).toBeUndefined()
  })
})
