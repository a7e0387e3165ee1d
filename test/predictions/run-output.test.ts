import { expect, test } from 'vitest'
import { NOTHING, RunOutput, toServed } from '../../src/predictions/run-output.ts'
import type { OutputFile } from '../../src/runner/protocol.ts'

const LOGS_LIMIT = 4 * 2 ** 20

function fileAt(...path: OutputFile['path']): OutputFile {
  return { path, file: 'output-0', name: 'a.txt', contentType: 'text/plain', size: 1 }
}

test('values of several events make one list, and files are found by their place in it', () => {
  const output = new RunOutput()
  output.addValues(['a', null], [fileAt(1)])
  output.addValues([{ picture: null }], [fileAt(0, 'picture')])
  output.addValues([], [])
  output.addValues([null, [null, null]], [fileAt(0), fileAt(1, 0), fileAt(1, 1)])
  expect(output.values).toEqual(['a', null, { picture: null }, null, [null, null]])
  expect(output.files.map(({ path }) => path)).toEqual([[1], [2, 'picture'], [3], [4, 0], [4, 1]])
  expect(output.mark).toEqual({ output: 5, files: 5, logs: 0 })
})

test('each file that is given out gets a secret of its own, the same file in two places too', () => {
  const output = new RunOutput()
  output.addValues([null, null], [fileAt(0), fileAt(1)])
  const secrets = output.files.map(({ secret }) => secret)
  expect(new Set(secrets).size).toBe(2)
  for (const secret of [...secrets, toServed(fileAt(0)).secret]) expect(secret).toMatch(/^[0-9a-z]{25,}$/)
})

test('what came since a mark is what has to be stored, and makes the whole again', () => {
  const output = new RunOutput()
  output.addValues([null], [fileAt(0)])
  output.addLog('one\n')
  const first = output.since(NOTHING)
  const { mark } = output
  output.addValues(['b', null], [fileAt(1)])
  output.addLog('two\n')
  const second = output.since(mark)
  expect(second).toEqual({ output: ['b', null], files: [output.files[1]], logs: 'two\n' })

  const again = new RunOutput({
    output: [...first.output, ...second.output],
    files: [...first.files, ...second.files],
    logs: first.logs + second.logs,
  })
  expect([again.values, again.files, again.logs]).toEqual([output.values, output.files, output.logs])
  again.addValues([null], [fileAt(0)])
  expect(again.files.at(-1)?.path).toEqual([3])
})

test('a part that was taken does not grow with the whole', () => {
  const output = new RunOutput()
  output.addValues(['a'], [])
  const part = output.since(NOTHING)
  output.addValues(['b'], [])
  expect(part.output).toEqual(['a'])
})

test('logs are kept up to a limit, and the cut is told', () => {
  const output = new RunOutput()
  expect(output.addLog('x'.repeat(LOGS_LIMIT))).toBe(true)
  expect(output.logs).toHaveLength(LOGS_LIMIT)
  expect(output.addLog('y')).toBe(true)
  expect(output.logs.slice(LOGS_LIMIT)).toBe(`\n[logs beyond ${LOGS_LIMIT} characters are not kept]\n`)
  const { logs } = output
  expect(output.addLog('z')).toBe(false)
  expect(output.logs).toBe(logs)
})
