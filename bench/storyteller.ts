import { setTimeout as sleep } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { jsonOf } from './json.ts'
import { measureAlone, removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'

const ROUNDS = 5
const INPUT = { prompt: 'Once upon a time', max_tokens: 300, seed: 7 }
const PAUSE_MS = 200

interface Told {
  /** From the create to the first event with text. */
  firstMs: number
  tokensPerSecond: number
}

/** A tale through server-sent events, beside the storyteller's own code in a loop, measured in turns. */
export async function storyteller(): Promise<void> {
  title('storyteller through SSE beside its bare loop (aim: 0.9)')
  const dir = temporaryFolder()
  const server = await startReprise(dir)
  try {
    await tell(server.address)
    const rounds: (Told & { bare: number })[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const bare = measureAlone('./bare-storyteller.ts')
      rounds.push({ bare, ...(await tell(server.address)) })
    }
    line('', 'tokens', 'bare loop', 'ratio', 'first token')
    line(
      'median of the rounds',
      rate(median(rounds.map(({ tokensPerSecond }) => tokensPerSecond))),
      rate(median(rounds.map(({ bare }) => bare))),
      ratio(median(rounds.map(({ tokensPerSecond, bare }) => tokensPerSecond / bare))),
      ms(median(rounds.map(({ firstMs }) => firstMs))),
    )
  } finally {
    await server.stop()
    removeFolder(dir)
  }
}

/** Has a tale told; what counts as its time is from the create to the last event. */
async function tell(address: string): Promise<Told> {
  await sleep(PAUSE_MS)
  const begin = performance.now()
  const { id, urls } = await jsonOf<{ id: string; urls: { stream: string } }>(
    fetch(`${address}/v1/models/reprise/storyteller/predictions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: INPUT }),
    }),
  )
  let firstMs: number | undefined
  const parser = createParser({
    onEvent({ event }) {
      if (event === 'output') firstMs ??= performance.now() - begin
    },
  })
  const { body } = await fetch(urls.stream, { headers: { accept: 'text/event-stream' } })
  const text = new TextDecoder()
  for await (const chunk of body ?? []) parser.feed(text.decode(chunk, { stream: true }))
  const seconds = (performance.now() - begin) / 1000
  const { metrics } = await jsonOf<{ metrics: { output_token_count: number } }>(
    fetch(`${address}/v1/predictions/${id}`),
  )
  return { firstMs: firstMs ?? Number.NaN, tokensPerSecond: metrics.output_token_count / seconds }
}
