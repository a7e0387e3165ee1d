import { describe, expect, test } from 'vitest'
import { coerceInput } from '../../src/cli/coerce-input.ts'
import type { Schema } from '../../src/cli/input-fields.ts'

const [string, integer, number, boolean] = ['string', 'integer', 'number', 'boolean'].map((type) => ({ type }))

describe('what is typed becomes what the input takes', () => {
  test.each<[text: string, schema: Schema | undefined, value: unknown]>([
    ['3', string, '3'],
    ['', string, ''],
    ['null', string, 'null'],
    ['"quoted"', string, '"quoted"'],
    ['null', { type: 'string', nullable: true }, 'null'],
    ['3', integer, 3],
    [' -3 ', integer, -3],
    ['3.0', integer, 3],
    ['.5', number, 0.5],
    ['1e3', number, 1000],
    ['true', boolean, true],
    ['null', { type: 'integer', nullable: true }, null],
    ['[1,[2]]', { type: 'array', items: {} }, [1, [2]]],
    ['{"a":null}', { type: 'object' }, { a: null }],
    ['large', { type: 'string', enum: ['small', 'large'] }, 'large'],
    ['2', { type: 'integer', enum: [2, 4] }, 2],
    ['2', { anyOf: [{ type: 'number' }, { type: 'string' }] }, 2],
    ['two', { anyOf: [{ type: 'number' }, { type: 'string' }] }, 'two'],
    ['true', { type: ['number', 'string'] }, 'true'],
    ['null', { oneOf: [{ type: 'string' }, { type: 'null' }] }, null],
    ['[[0.5]]', {}, [[0.5]]],
    ['NaN', {}, 'NaN'],
    ['word', { anyOf: [{}, { type: 'number' }] }, 'word'],
  ])('%j for %j', (text, schema = {}, value) => {
    expect(coerceInput('x', text, schema)).toEqual(value)
  })
})

describe('what it cannot become is refused', () => {
  test.each<[text: string, schema: Schema | undefined, types: string]>([
    ['three', integer, 'integer'],
    ['3.5', integer, 'integer'],
    ['9007199254740993', integer, 'integer'],
    ['', number, 'number'],
    ['Infinity', number, 'number'],
    ['yes', boolean, 'boolean'],
    ['1', boolean, 'boolean'],
    ['{}', { type: 'array' }, 'array'],
    ['[]', { type: 'object' }, 'object'],
    ['null', { type: 'object' }, 'object'],
    ['{', { type: ['object', 'array'] }, 'object or array'],
  ])('%j for %j', (text, schema = {}, types) => {
    expect(() => coerceInput('x', text, schema)).toThrow(`The input x takes ${types}, not "${text}"`)
  })
})
