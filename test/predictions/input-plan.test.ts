import { describe, expect, test } from 'vitest'
import { withValues } from '../../src/json-path.ts'
import type { Place } from '../../src/models/input-places.ts'
import { type OwnFile, type PlannedPart, planInput, type Resolve } from '../../src/predictions/input-plan.ts'

const OWN: OwnFile = { path: '/files/a', name: 'a.txt', contentType: 'text/plain', size: 5 }
const LARGE = 2 ** 16
const SMALL_URI = 'data:text/plain;base64,aGVsbG8='
const LARGE_BYTES = Buffer.alloc(LARGE, 'x')
const LARGE_URI = `data:text/plain;base64,${LARGE_BYTES.toString('base64')}`

const resolve: Resolve = (url) => {
  if (url.startsWith('own:')) return OWN
  if (url.startsWith('http')) return new URL(url)
  return 'The URL cannot be used: it is not a URL'
}

/** Plans an input of which the given paths are files. */
function plan(input: Record<string, unknown>, ...paths: Place['path'][]) {
  const places = paths.map((path): Place => {
    let value: unknown = input
    for (const key of path) value = Object.entries(value ?? {}).find(([name]) => name === String(key))?.[1]
    return { path, text: String(value) }
  })
  return planInput(input, { files: places, secrets: [] }, resolve)
}

function summary({ type, path, file }: PlannedPart): [string, PlannedPart['path'], string] {
  return [type, path, file]
}

test('an input without files and large values stays whole in the row', () => {
  const input = { text: 'x'.repeat(LARGE), list: [1, { a: null }], none: null }
  expect(plan(input)).toEqual({ plan: { input, parts: [], secrets: [] }, errors: [] })
})

test('each kind of file becomes a part, and the row keeps what was sent', () => {
  const input = { a: SMALL_URI, b: 'own:1', c: 'https://example.com/c.png', d: 'just text' }
  const { plan: planned, errors } = plan(input, ['a'], ['b'], ['c'])
  expect(errors).toEqual([])
  expect(planned.input).toEqual(input)
  expect(planned.parts).toEqual([
    {
      type: 'data',
      path: ['a'],
      file: 'input-0',
      data: { contentType: 'text/plain', bytes: Buffer.from('hello') },
      cutDataUri: undefined,
    },
    { type: 'own', path: ['b'], file: 'input-1', own: OWN },
    { type: 'remote', path: ['c'], file: 'input-2', url: new URL('https://example.com/c.png') },
  ])
})

test('a data URI of 64 KiB stays in the row, one character more is cut short there', () => {
  const header = 'data:text/plain,'
  const whole = header + 'x'.repeat(LARGE - header.length)
  for (const [uri, shown] of [
    [whole, whole],
    [`${whole}x`, `${whole.slice(0, 100)}…`],
  ] as const) {
    const { plan: planned } = plan({ file: uri }, ['file'])
    expect(planned.input).toEqual({ file: shown })
    expect(planned.parts.map(summary)).toEqual([['data', ['file'], 'input-0']])
  }
})

test('a cut data URI can be shown whole again: its header is kept', () => {
  const [part] = plan({ file: LARGE_URI }, ['file']).plan.parts
  expect(part).toMatchObject({ type: 'data', cutDataUri: 'data:text/plain;base64,', data: { bytes: LARGE_BYTES } })
})

test('large plain values leave the row, each under a name of its own, and are put back before the files in them', () => {
  const sent = { text: 'x'.repeat(LARGE + 1), list: ['y'.repeat(LARGE), SMALL_URI, LARGE_URI], small: 'z' }
  const { plan: planned } = plan(sent, ['list', 1], ['list', 2])
  expect(planned.input).toEqual({ text: null, list: null, small: 'z' })
  expect(planned.parts.map(summary)).toEqual([
    ['json', ['text'], 'value-0'],
    ['json', ['list'], 'value-1'],
    ['data', ['list', 1], 'input-0'],
    ['data', ['list', 2], 'input-1'],
  ])
  const values = planned.parts.map((part): [PlannedPart['path'], unknown] => [
    part.path,
    part.type === 'json' ? part.value : part.file,
  ])
  expect(withValues(planned.input, values)).toEqual({ ...sent, list: ['y'.repeat(LARGE), 'input-0', 'input-1'] })
})

test('a list that is large only by its data URIs stays in the row with them cut short', () => {
  const { plan: planned } = plan({ files: [LARGE_URI, LARGE_URI] }, ['files', 0], ['files', 1])
  const shown = `${LARGE_URI.slice(0, 100)}…`
  expect(planned.input).toEqual({ files: [shown, shown] })
})

test('the input that was sent is not changed', () => {
  const input = { files: [LARGE_URI], text: 'x'.repeat(LARGE + 1) }
  const copy = structuredClone(input)
  plan(input, ['files', 0])
  expect(input).toEqual(copy)
})

describe('secrets', () => {
  const secrets: Place[] = [{ path: ['keys', 0], text: 'hush' }]

  test('are asterisks in the row, and kept apart', () => {
    expect(planInput({ keys: ['hush', 'loud'] }, { files: [], secrets }, resolve).plan).toEqual({
      input: { keys: ['**********', 'loud'] },
      parts: [],
      secrets,
    })
  })

  test('never go to a file with what is large around them', () => {
    const large = 'x'.repeat(LARGE + 1)
    expect(planInput({ keys: ['hush', large], large }, { files: [], secrets }, resolve).plan).toEqual({
      input: { keys: ['**********', large], large: null },
      parts: [{ type: 'json', path: ['large'], file: 'value-0', value: large }],
      secrets,
    })
  })
})

describe('what cannot be had', () => {
  test('is told together, each by its place', () => {
    const input = { a: 'data:image/png;base64,aGVsb', b: ['own:1', 'nonsense'] }
    expect(plan(input, ['a'], ['b', 0], ['b', 1]).errors).toEqual([
      {
        type: 'format',
        field: 'input.a',
        description: 'The data URI is damaged: its base64 or percent-encoding cannot be read',
      },
      { type: 'format', field: 'input.b.1', description: 'The URL cannot be used: it is not a URL' },
    ])
  })

  test.each([
    [100, []],
    [101, [{ type: 'array_max_items', field: 'input', description: 'Must hold at most 100 files' }]],
  ])('of %i files is told', (count, errors) => {
    const files = Array.from({ length: count }, () => 'own:1')
    expect(plan({ files }, ...files.map((_, index) => ['files', index])).errors).toEqual(errors)
  })
})
