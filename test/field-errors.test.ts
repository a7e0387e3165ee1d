import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { fieldErrors } from '../src/field-errors.ts'

function check(schema: object, value: unknown, root = 'input') {
  const validate = new Ajv({ allErrors: true, verbose: true, strict: false, formats: { uri: /^\w+:/ } }).compile(schema)
  return validate(value) ? [] : fieldErrors(validate.errors ?? [], root)
}

describe('each rule has the words of Replicate', () => {
  test.each<[rule: object, value: unknown, type: string, description: string]>([
    [{ type: 'integer' }, null, 'invalid_type', 'Invalid type. Expected: integer, given: null'],
    [{ type: 'integer' }, '5', 'invalid_type', 'Invalid type. Expected: integer, given: string'],
    [{ type: 'integer' }, 5.5, 'invalid_type', 'Invalid type. Expected: integer, given: number'],
    [{ type: 'string' }, 5, 'invalid_type', 'Invalid type. Expected: string, given: integer'],
    [{ type: 'string' }, true, 'invalid_type', 'Invalid type. Expected: string, given: boolean'],
    [{ type: 'string' }, ['a'], 'invalid_type', 'Invalid type. Expected: string, given: array'],
    [{ type: 'array' }, {}, 'invalid_type', 'Invalid type. Expected: array, given: object'],
    [{ type: ['string', 'null'] }, 5, 'invalid_type', 'Invalid type. Expected: string, null, given: integer'],
    [{ enum: ['a', 'b'] }, 'c', 'enum', 'x must be one of the following: "a", "b"'],
    [{ enum: [1, 2] }, 3, 'enum', 'x must be one of the following: 1, 2'],
    [{ const: 'a' }, 'b', 'const', 'x does not match: "a"'],
    [{ minimum: 1 }, 0, 'number_gte', 'Must be greater than or equal to 1'],
    [{ maximum: 4 }, 5, 'number_lte', 'Must be less than or equal to 4'],
    [{ exclusiveMinimum: 0 }, 0, 'number_gt', 'Must be greater than 0'],
    [{ exclusiveMaximum: 1 }, 1, 'number_lt', 'Must be less than 1'],
    [{ multipleOf: 8 }, 12, 'multiple_of', 'Must be a multiple of 8'],
    [{ minLength: 2 }, 'a', 'string_gte', 'String length must be greater than or equal to 2'],
    [{ maxLength: 2 }, 'abc', 'string_lte', 'String length must be less than or equal to 2'],
    [{ pattern: '^[a-z]+$' }, 'A', 'pattern', "Does not match pattern '^[a-z]+$'"],
    [{ format: 'uri' }, '', 'format', "Does not match format 'uri'"],
    [{ minItems: 1 }, [], 'array_min_items', 'Array must have at least 1 items'],
    [{ maxItems: 1 }, [1, 2], 'array_max_items', 'Array must have at most 1 items'],
    [{ uniqueItems: true, items: { type: 'string' } }, ['a', 'b', 'a'], 'unique', 'array items[0,2] must be unique'],
    [{ uniqueItems: true }, ['a', 'a'], 'unique', 'array items[0,1] must be unique'],
    [{ anyOf: [{ const: 1 }] }, 2, 'number_any_of', 'Must validate at least one schema (anyOf)'],
    [{ oneOf: [{}, {}] }, 2, 'number_one_of', 'Must validate one and only one schema (oneOf)'],
    [{ minProperties: 1 }, {}, 'minProperties', 'Does not satisfy minProperties 1'],
  ])('%j refuses %j', (rule, value, type, description) => {
    expect(check({ properties: { x: rule } }, { x: value })).toContainEqual({ type, field: 'input.x', description })
  })
})

test.each([
  ['input', 'input'],
  ['', ''],
])('a key that is missing from "%s" is told of the object it is missing from', (root, field) => {
  expect(check({ required: ['prompt'] }, {}, root)).toEqual([
    { type: 'required', field, description: 'prompt is required' },
  ])
})

test('a key that may not be there is named', () => {
  const schema = { properties: { version: {} }, additionalProperties: false }
  expect(check(schema, { version: 'a', model: 'b' }, '')).toEqual([
    { type: 'additional_property_not_allowed', field: '', description: 'Additional property model is not allowed' },
  ])
})

test('the path of an item counts from zero and names every step', () => {
  const schema = { properties: { images: { items: { properties: { url: { type: 'string' } } } } } }
  expect(check(schema, { images: [{}, { url: 1 }] })).toEqual([
    {
      type: 'invalid_type',
      field: 'input.images.1.url',
      description: 'Invalid type. Expected: string, given: integer',
    },
  ])
})

test('names with slashes and tildes are shown as they are', () => {
  const schema = { properties: { 'a/b~c': { enum: [1] } } }
  expect(check(schema, { 'a/b~c': 2 })).toEqual([
    { type: 'enum', field: 'input.a/b~c', description: 'a/b~c must be one of the following: 1' },
  ])
})

test('all broken rules are told together', () => {
  const schema = { required: ['a'], properties: { b: { minimum: 1, multipleOf: 2 }, c: { type: 'string' } } }
  expect(check(schema, { b: -1, c: 1 }).map(({ type, field }) => `${type} ${field}`)).toEqual([
    'required input',
    'number_gte input.b',
    'multiple_of input.b',
    'invalid_type input.c',
  ])
})

test('a value of no type that any option takes is told once', () => {
  const options = [{ type: 'array' }, { type: 'object', required: ['shape'] }]
  const schema = { properties: { x: { anyOf: options }, y: { anyOf: options }, z: { type: 'array' } } }
  expect(check(schema, { x: 'a', y: 1, z: 2 })).toEqual([
    { type: 'invalid_type', field: 'input.x', description: 'Invalid type. Expected: array, object, given: string' },
    { type: 'invalid_type', field: 'input.y', description: 'Invalid type. Expected: array, object, given: integer' },
    { type: 'invalid_type', field: 'input.z', description: 'Invalid type. Expected: array, given: integer' },
  ])
  expect(check(schema, { x: {} }).map(({ description }) => description)).toEqual([
    'Invalid type. Expected: array, given: object',
    'shape is required',
    'Must validate at least one schema (anyOf)',
  ])
})

test('a condition that fails is told only by what it asks for', () => {
  const schema = JSON.parse('{ "if": { "required": ["a"] }, "then": { "required": ["b"] } }')
  expect(check(schema, { a: 1 })).toEqual([{ type: 'required', field: 'input', description: 'b is required' }])
})
