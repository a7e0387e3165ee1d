import { expect, test } from 'vitest'
import { terminalOf } from '../../src/cli/terminal.ts'

/** What a terminal with both streams in it would be sent, in order. */
function terminal({ stdout = true, stderr = true, columns = 40 } = {}) {
  const sent: string[] = []
  const screen = (isTTY: boolean) => ({ isTTY, columns, write: (text: string) => sent.push(text) })
  const stdin = (async function* () {})()
  const streams = { stdin, stdout: screen(stdout), stderr: screen(stderr), env: {} }
  return { ...terminalOf(streams, new Promise(() => {})), sent }
}

test('a status line replaces the one before, and goes away before anything else is written', () => {
  const { status, print, sent } = terminal()
  status('one')
  status('two')
  status('two')
  print('result')
  expect(sent).toEqual(['\r\x1b[Kone', '\r\x1b[Ktwo', '\r\x1b[K', 'result\n'])
})

test('it never takes away what stands on its line', () => {
  const { status, write, sent } = terminal()
  write('half a')
  status('working')
  write(' line\n')
  status('working')
  expect(sent).toEqual(['half a', ' line\n', '\r\x1b[Kworking'])
})

test('output that goes elsewhere does not stand on its line', () => {
  const { status, write, sent } = terminal({ stdout: false })
  write('half a')
  status('working')
  expect(sent).toEqual(['half a', '\r\x1b[Kworking'])
})

test('it is cut to the width of the terminal', () => {
  const { status, sent } = terminal({ columns: 10 })
  status('0123456789')
  expect(sent).toEqual(['\r\x1b[K012345678'])
})

test('where nobody watches there is none', () => {
  const { status, tell, sent } = terminal({ stderr: false })
  status('working')
  tell('a log')
  expect(sent).toEqual(['a log'])
})

test('logs and output that share a terminal do not share a line', () => {
  const { write, tell, sent } = terminal()
  write('Once')
  tell('seed 3\n')
  write(' upon')
  expect(sent.join('')).toBe('Once\nseed 3\n upon')
})
