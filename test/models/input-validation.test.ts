import { describe, expect, test } from 'vitest'
import { choices, Type } from '../../src/models/define-model.ts'
import { inputValidator } from '../../src/models/input-validation.ts'
import { openapiSchema } from '../../src/models/openapi-schema.ts'

function validatorOf(input: object) {
  return inputValidator(openapiSchema(JSON.parse(JSON.stringify({ input, output: Type.String() }))))
}

const validate = validatorOf(
  Type.Object({
    text: Type.String({ minLength: 2, maxLength: 10, pattern: '^[a-z]+$' }),
    count: Type.Integer({ minimum: 1, maximum: 4, default: 1 }),
    ratio: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.5 }),
    step: Type.Number({ multipleOf: 8, default: 8 }),
    flag: Type.Boolean({ default: false }),
    style: choices(['plain', 'fancy'], { default: 'plain' }),
    link: Type.Optional(Type.String({ format: 'uri' })),
    tags: Type.Array(Type.String(), { minItems: 1, maxItems: 3, uniqueItems: true, default: ['one'] }),
    nothing: Type.Optional(Type.Unsafe<string | null>({ type: 'string', nullable: true })),
    token: Type.Optional(Type.String({ format: 'password', 'x-cog-secret': true })),
  }),
)

describe('what breaks no rule passes', () => {
  test.each([
    [{}],
    [{ count: 5.0 - 1 }],
    [{ count: 4.0, ratio: 0.999, step: -16, flag: true, style: 'fancy' }],
    [{ tags: ['a', 'b', 'c'] }],
    [{ nothing: null }],
    [{ nothing: 'text' }],
    [{ unknown: 'is ignored', another: { deep: [1] } }],
    [{ link: 'https://example.com/a.png' }],
    [{ link: 'http://localhost:3000/v1/files/abc' }],
    [{ link: 'data:image/png;base64,iVBORw0KGgo=' }],
    [{ link: 'data:,hello' }],
    [{ link: 'https://example.com/with space' }],
    [{ token: 'r8_secret' }],
  ])('%j', (input) => {
    expect(validate({ text: 'hello', ...input })).toEqual([])
  })
})

describe('what breaks a rule is told in the words of Replicate', () => {
  test.each<[input: object, field: string, type: string, description: string]>([
    [{ text: null }, 'text', 'invalid_type', 'Invalid type. Expected: string, given: null'],
    [{ text: 5 }, 'text', 'invalid_type', 'Invalid type. Expected: string, given: integer'],
    [{ text: 'a' }, 'text', 'string_gte', 'String length must be greater than or equal to 2'],
    [{ text: 'abcdefghijk' }, 'text', 'string_lte', 'String length must be less than or equal to 10'],
    [{ text: 'HELLO' }, 'text', 'pattern', "Does not match pattern '^[a-z]+$'"],
    [{ count: '5' }, 'count', 'invalid_type', 'Invalid type. Expected: integer, given: string'],
    [{ count: 1.5 }, 'count', 'invalid_type', 'Invalid type. Expected: integer, given: number'],
    [{ count: null }, 'count', 'invalid_type', 'Invalid type. Expected: integer, given: null'],
    [{ count: 0 }, 'count', 'number_gte', 'Must be greater than or equal to 1'],
    [{ count: 5 }, 'count', 'number_lte', 'Must be less than or equal to 4'],
    [{ ratio: 0 }, 'ratio', 'number_gt', 'Must be greater than 0'],
    [{ ratio: 1 }, 'ratio', 'number_lt', 'Must be less than 1'],
    [{ step: 12 }, 'step', 'multiple_of', 'Must be a multiple of 8'],
    [{ flag: 'true' }, 'flag', 'invalid_type', 'Invalid type. Expected: boolean, given: string'],
    [{ style: 'odd' }, 'style', 'enum', 'style must be one of the following: "plain", "fancy"'],
    [{ link: '' }, 'link', 'format', "Does not match format 'uri'"],
    [{ link: 'example.com/a.png' }, 'link', 'format', "Does not match format 'uri'"],
    [{ link: '/a.png' }, 'link', 'format', "Does not match format 'uri'"],
    [{ link: 'https:' }, 'link', 'format', "Does not match format 'uri'"],
    [{ link: null }, 'link', 'invalid_type', 'Invalid type. Expected: string, given: null'],
    [{ tags: [] }, 'tags', 'array_min_items', 'Array must have at least 1 items'],
    [{ tags: ['a', 'b', 'c', 'd'] }, 'tags', 'array_max_items', 'Array must have at most 3 items'],
    [{ tags: ['a', 'a'] }, 'tags', 'unique', 'array items[0,1] must be unique'],
    [{ tags: ['a', 2] }, 'tags.1', 'invalid_type', 'Invalid type. Expected: string, given: integer'],
    [{ tags: 'a' }, 'tags', 'invalid_type', 'Invalid type. Expected: array, given: string'],
    [{ nothing: 5 }, 'nothing', 'invalid_type', 'Invalid type. Expected: string, given: integer'],
  ])('%j', (input, name, type, description) => {
    expect(validate({ text: 'hello', ...input })).toEqual([{ type, field: `input.${name}`, description }])
  })

  test('an input that is missing', () => {
    expect(validate({})).toEqual([{ type: 'required', field: 'input', description: 'text is required' }])
  })
})

test('all broken rules are told together', () => {
  const fields = validate({ count: 0, step: 'x', style: 'odd' }).map(({ field }) => field)
  expect(fields.sort()).toEqual(['input', 'input.count', 'input.step', 'input.style'])
})

test('the input is not changed: defaults are not written into it', () => {
  const input = Object.freeze({ text: 'hello' })
  validate(input)
  expect(input).toEqual({ text: 'hello' })
})

test('choices that may be null take null beside them and nothing else', () => {
  const style = Type.Unsafe<string | null>({ type: 'string', enum: ['plain', 'fancy'], nullable: true })
  const check = validatorOf(Type.Object({ style }))
  expect(check({ style: null })).toEqual([])
  expect(check({ style: 'plain' })).toEqual([])
  expect(check({ style: 'odd' }).map(({ type }) => type)).toContain('enum')
})

test('an input of a strange name is checked as any other', () => {
  const check = validatorOf(Type.Object({ 'a/b~c %d': Type.Integer() }))
  expect(check({ 'a/b~c %d': 1 })).toEqual([])
  expect(check({ 'a/b~c %d': 'x' }).map(({ field }) => field)).toEqual(['input.a/b~c %d'])
})
