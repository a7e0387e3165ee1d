import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Follower } from '../../src/cli/follow-prediction.ts'
import { createPrediction } from '../../src/cli/prediction-view.ts'
import { connect } from '../../src/cli/server.ts'
import { serve } from '../support/web-server.ts'

type Turn = (response: ServerResponse) => void

const shows =
  (status: string, logs: string): Turn =>
  (response) =>
    void response.end(JSON.stringify({ id: 'p', status, logs, output: null, error: null, urls: { get: 'http://a/p' } }))
const fails: Turn = (response) => void response.writeHead(502).end('<html>')
const breaks: Turn = (response) => response.destroy()

/** What is told of a prediction to which the server gives one answer after the other, the last one again and again. */
async function follow(...turns: Turn[]) {
  let asked = 0
  const { port } = await serve((_request, response) => turns[Math.min(asked++, turns.length - 1)]?.(response))
  const server = connect({ url: `http://127.0.0.1:${port}` }, { environment: {}, stopped: new Promise(() => {}) })
  const told: string[] = []
  const follower = new Follower(server, { tell: (text) => void (text && told.push(text)), status: () => {} })
  const seen = await follower.follow(await createPrediction(server, 'v', {}))
  return { seen, told, asked }
}

test('each part of the logs is told once, and a last line is ended', async () => {
  const { told } = await follow(
    shows('starting', ''),
    shows('processing', 'one\n'),
    shows('processing', 'one\n'),
    shows('succeeded', 'one\ntwo'),
  )
  expect(told).toEqual(['one\n', 'two', '\n'])
})

test('a server that is away for a while is asked again', async () => {
  const { seen } = await follow(shows('starting', ''), fails, breaks, shows('succeeded', ''))
  expect(seen.status).toBe('succeeded')
})

test('one that refuses is believed', async () => {
  const refuses: Turn = (response) => void response.writeHead(404).end('{"detail":"gone"}')
  await expect(follow(shows('starting', ''), refuses)).rejects.toThrow('The server refused: gone')
})

test('one that says something else is told apart', async () => {
  const strange: Turn = (response) => void response.end('{"id":"p","urls":{"get":"http://a/p"},"status":"odd"}')
  await expect(follow(strange)).rejects.toThrow(/something else than a prediction/)
})
