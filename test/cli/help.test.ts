import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { help } from '../../src/cli/help.ts'
import { USAGES } from '../../src/cli/usages.ts'
import { runCommand, runReprise } from '../support/command-line.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url)

test('every command is told of, and there are no others', () => {
  const commands = Array.from(
    readFileSync(MAIN, 'utf8').matchAll(/^ {2}'?([a-z-]+)'?: async \(\) =>/gm),
    ([, name]) => name,
  )
  expect(commands.length).toBeGreaterThan(5)
  expect(USAGES.map(({ command }) => command).sort()).toEqual(commands.sort())
})

test('the whole text has all of it', async () => {
  const { stdout } = await runCommand(help, [])
  expect(stdout).toMatch(/^ {2}reprise serve \[flags\] +start the server$/m)
  expect(stdout).toMatch(/--port +.*\(3000\)/)
  expect(stdout).toContain('--input-json')
  expect(stdout).toMatch(/^Commands beside serve, .* speak to a running server,$/m)
})

test('one command is told of alone', async () => {
  const { stdout } = await runCommand(help, ['token'])
  expect(stdout).toMatch(/^ {2}reprise token create <username> /)
  expect(stdout).toMatch(/It speaks to a running server, by --url/)
  expect(stdout).not.toContain('predict')
  expect((await runCommand(help, ['serve'])).stdout).not.toContain('running server')
  const unknown = await runCommand(help, ['tokn'])
  expect(unknown).toMatchObject({ code: 1, stderr: 'There is no command "tokn"; "reprise help" lists them\n' })
})

test('what is no command is told so', async () => {
  for (const name of ['srve', 'toString'])
    expect(await runReprise([name])).toMatchObject({ code: 1, stderr: expect.stringMatching(/^There is no command/) })
})

describe('asked for as a flag', () => {
  test.each([
    [['token', '--help'], /^ {2}reprise token create/],
    [['predict', 'a/b', '-h'], /^ {2}reprise predict <model>/],
    [['--help'], /^reprise serves Replicate's HTTP API/],
    [['toString', '--help'], /^reprise serves Replicate's HTTP API/],
    [[], /^reprise serves Replicate's HTTP API/],
  ])('%j', async (args, expected) => {
    expect(await runReprise(args)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(expected) })
  })
})
