import { describe, expect, test } from 'vitest'
import { parseEvents } from '../../src/runner/parse-events.ts'

const FILE = {
  path: [0, 'picture'],
  file: 'output-12',
  name: 'a.png',
  contentType: 'image/png',
  size: 5,
}
const SIGNATURE = { input: {}, output: {}, batches: false }
const OUTPUT = { type: 'output', id: 'x', values: [null], files: [FILE] }
const DONE = { type: 'done', id: 'x', output: null, files: [FILE], seconds: 0.5 }

test.each<[event: unknown]>([
  [{ type: 'inspected', signature: { ...SIGNATURE, training: null } }],
  [
    {
      type: 'inspected',
      signature: { ...SIGNATURE, training: { entry: 'train.ts', input: {} } },
    },
  ],
  [{ type: 'ready', device: 'cpu' }],
  [{ type: 'refused', message: 'no' }],
  [{ type: 'started', id: 'x' }],
  [{ type: 'returned', id: 'x' }],
  [{ type: 'dropped', id: 'x' }],
  [OUTPUT],
  [{ ...OUTPUT, files: [] }],
  [{ type: 'log', id: null, text: 'line' }],
  [{ type: 'metric', id: 'x', name: 'tokens', value: 3 }],
  [DONE],
  [{ type: 'error', id: 'x', message: 'no', seconds: 1 }],
])('%j is an event', (event) => {
  expect(parseEvents([event])).toEqual([event])
})

test('an output that is nested too deeply to be written again is no event', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  expect(parseEvents([{ ...DONE, output: nested(500) }])).toHaveLength(1)
  expect(parseEvents([{ ...DONE, output: nested(100_000) }])).toBeUndefined()
})

test('one that is none spoils the whole message', () => {
  expect(
    parseEvents([
      { type: 'ready', device: 'cpu' },
      { type: 'ready', device: 'cpu' },
    ]),
  ).toHaveLength(2)
  expect(parseEvents([{ type: 'ready', device: 'cpu' }, { type: 'nonsense' }])).toBeUndefined()
})

test.each<[message: unknown]>([
  [null],
  ['ready'],
  [{ type: 'ready', device: 'cpu' }],
  [[null]],
  [[{ type: 'done', id: 'x', output: null, seconds: 1 }]],
  [[{ type: 'output', id: 'x', values: [] }]],
  [[{ ...OUTPUT, files: {} }]],
  [[{ ...DONE, seconds: 'soon' }]],
  [[{ ...DONE, storeSeconds: 'soon' }]],
  [[{ type: 'inspected', signature: SIGNATURE }]],
  [[{ type: 'inspected', signature: { ...SIGNATURE, training: { entry: '../train.ts', input: {} } } }]],
  [[{ type: 'inspected', signature: { ...SIGNATURE, training: { entry: 'train.ts' } } }]],
])('%j is no message of a runner', (message) => {
  expect(parseEvents(message)).toBeUndefined()
})

describe('a file is refused', () => {
  test.each<[what: string, file: unknown]>([
    ['that lies outside of the folder', { ...FILE, file: '../../x' }],
    ['that lies elsewhere', { ...FILE, file: '/etc/passwd' }],
    ['that lies below', { ...FILE, file: 'output-1/../../x' }],
    ['that is the folder', { ...FILE, file: '.' }],
    ['that is an input', { ...FILE, file: 'input-0' }],
    ['with a line break', { ...FILE, file: 'output-1\n../x' }],
    ['with a line break at the end', { ...FILE, file: 'output-1\n' }],
    ['with a NUL', { ...FILE, file: 'output-1\0' }],
    ['whose name is no text', { ...FILE, file: ['output-1'] }],
    ['without a name in the folder', { ...FILE, file: undefined }],
    ['with a path that is no list', { ...FILE, path: '0' }],
    ['with a path of other things than keys and indexes', { ...FILE, path: [{}] }],
    ['with a name that is no text', { ...FILE, name: null }],
    ['with a type that is no text', { ...FILE, contentType: 5 }],
    ['with a type that would be a second header', { ...FILE, contentType: 'text/html\r\nset-cookie: a=b' }],
    ['with a size that is no number', { ...FILE, size: '5' }],
    ['with half a byte', { ...FILE, size: 0.5 }],
    ['with less than no bytes', { ...FILE, size: -1 }],
    ['that is nothing', null],
  ])('%s', (_what, file) => {
    expect(parseEvents([{ ...OUTPUT, files: [file] }])).toBeUndefined()
    expect(parseEvents([{ ...DONE, files: [FILE, file] }])).toBeUndefined()
  })
})
