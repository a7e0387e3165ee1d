import { describe, expect, test } from 'vitest'
import { fileInput, Type } from '../../src/models/define-model.ts'
import { isFile, isSecret, type Place, placeFinder } from '../../src/models/input-places.ts'
import { openapiSchema } from '../../src/models/openapi-schema.ts'

const URL_TEXT = 'https://example.com/a.png'
const FILE = { type: 'string', format: 'uri' }

/** Where files, or texts of another kind, are found in an input, by the schema that versions publish. */
function find(properties: Record<string, unknown>, input: Record<string, unknown>, isKind = isFile): Place[] {
  const signature = { input: JSON.parse(JSON.stringify({ type: 'object', properties })), output: {} }
  return placeFinder(openapiSchema(signature), isKind)(input)
}

function paths(properties: Record<string, unknown>, input: Record<string, unknown>): Place['path'][] {
  return find(properties, input).map(({ path }) => path)
}

test('a file is told with its place and its text', () => {
  expect(find({ file: fileInput(), other: fileInput() }, { file: URL_TEXT })).toEqual([
    { path: ['file'], text: URL_TEXT },
  ])
})

test.each<[what: string, schema: unknown, value: unknown, found: Place['path'][]]>([
  [
    'in a list',
    Type.Array(fileInput()),
    [URL_TEXT, 'data:,x'],
    [
      ['x', 0],
      ['x', 1],
    ],
  ],
  [
    'in a list of lists',
    Type.Array(Type.Array(fileInput())),
    [[URL_TEXT], [], [URL_TEXT]],
    [
      ['x', 0, 0],
      ['x', 2, 0],
    ],
  ],
  ['in an object', Type.Object({ a: fileInput(), b: Type.String() }), { a: URL_TEXT, b: URL_TEXT }, [['x', 'a']]],
  [
    'in a list of objects',
    Type.Object({ layers: Type.Array(Type.Object({ mask: fileInput() })) }),
    { layers: [{ mask: URL_TEXT }, {}, { mask: URL_TEXT }] },
    [
      ['x', 'layers', 0, 'mask'],
      ['x', 'layers', 2, 'mask'],
    ],
  ],
  ['or null', Type.Union([fileInput(), Type.Null()]), URL_TEXT, [['x']]],
  ['or null, which is none', Type.Union([fileInput(), Type.Null()]), null, []],
  ['that may be null', { ...FILE, nullable: true }, URL_TEXT, [['x']]],
  ['or a number', Type.Union([Type.Number(), fileInput()]), 5, []],
  ['or plain text', Type.Union([Type.String(), fileInput()]), 'anything', [['x']]],
  ['one of', { oneOf: [FILE, { type: 'null' }] }, URL_TEXT, [['x']]],
  ['with further rules', Type.Intersect([fileInput(), Type.String({ maxLength: 100 })]), URL_TEXT, [['x']]],
  [
    'in a list or alone',
    Type.Union([fileInput(), Type.Array(fileInput())]),
    [URL_TEXT, URL_TEXT],
    [
      ['x', 0],
      ['x', 1],
    ],
  ],
  ['in a list or alone, alone', Type.Union([fileInput(), Type.Array(fileInput())]), URL_TEXT, [['x']]],
  ['in a list or null', Type.Union([Type.Array(fileInput()), Type.Null()]), [URL_TEXT], [['x', 0]]],
  [
    'under any key',
    Type.Object({ known: Type.String() }, { additionalProperties: fileInput() }),
    { known: URL_TEXT, a: URL_TEXT, b: URL_TEXT },
    [
      ['x', 'a'],
      ['x', 'b'],
    ],
  ],
  ['in an object that inherits nothing', Type.Object({}), { toString: URL_TEXT, constructor: URL_TEXT }, []],
  ['of another type than text', Type.Array(fileInput()), [5, null, { a: URL_TEXT }, [URL_TEXT]], []],
])('a file is found %s', (_what, schema, value, found) => {
  expect(paths({ x: schema }, { x: value })).toEqual(found)
})

test('a file is found in a record, as TypeBox writes an object with any keys', () => {
  const schema = Type.Record(Type.String(), fileInput())
  expect(paths({ x: schema }, { x: { a: URL_TEXT, b: URL_TEXT } })).toEqual([
    ['x', 'a'],
    ['x', 'b'],
  ])
})

test('a file is found in a tuple', () => {
  const schema = Type.Tuple([Type.String(), fileInput()])
  expect(paths({ x: schema }, { x: [URL_TEXT, URL_TEXT] })).toEqual([['x', 1]])
})

test('a place is told once, also where two rules describe it', () => {
  const schema = Type.Union([Type.Array(fileInput()), Type.Array(fileInput(), { minItems: 1 })])
  expect(paths({ x: schema }, { x: [URL_TEXT] })).toEqual([['x', 0]])
})

describe('what looks like a URL stays text', () => {
  test.each<[what: string, schema: unknown]>([
    ['where a text is declared', Type.String()],
    ['where choices are declared', { type: 'string', enum: [URL_TEXT, 'b'] }],
    ['where choices are declared as literals', Type.Union([Type.Literal(URL_TEXT), Type.Literal('b')])],
    ['where a time is declared', { type: 'string', format: 'date-time' }],
    ['where anything is allowed', Type.Unknown()],
  ])('%s', (_what, schema) => {
    expect(paths({ x: schema, file: fileInput() }, { x: URL_TEXT })).toEqual([])
  })

  test('where nothing is declared', () => {
    expect(paths({ file: fileInput() }, { other: URL_TEXT, more: [URL_TEXT] })).toEqual([])
    expect(paths({}, { other: URL_TEXT })).toEqual([])
  })
})

describe('a secret is found', () => {
  const SECRET = { type: 'string', 'x-cog-secret': true }

  test.each<[what: string, schema: unknown, value: unknown, found: Place['path'][]]>([
    ['alone', SECRET, 'hush', [['x']]],
    [
      'in a list of objects',
      Type.Array(Type.Object({ key: Type.Unsafe(SECRET) })),
      [{ key: 'hush' }],
      [['x', 0, 'key']],
    ],
    ['or null', Type.Union([Type.Unsafe(SECRET), Type.Null()]), 'hush', [['x']]],
    ['in a record', Type.Record(Type.String(), Type.Unsafe(SECRET)), { key: 'hush' }, [['x', 'key']]],
    ['in a tuple', Type.Tuple([Type.Unsafe(SECRET), Type.String()]), ['hush', 'loud'], [['x', 0]]],
  ])('%s', (_what, schema, value, found) => {
    expect(find({ x: schema }, { x: value }, isSecret).map(({ path }) => path)).toEqual(found)
  })

  test('and files are no secrets', () => {
    const properties = { key: SECRET, file: fileInput() }
    const input = { key: 'hush', file: URL_TEXT }
    expect(find(properties, input, isSecret)).toEqual([{ path: ['key'], text: 'hush' }])
    expect(find(properties, input)).toEqual([{ path: ['file'], text: URL_TEXT }])
  })
})
