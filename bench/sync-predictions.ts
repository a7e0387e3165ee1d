import { bareSessionRunsPerSecond, removeFolder, startEcho, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'
import { type Load, load } from './wrk.ts'

const HELLO = '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa'
const CONNECTIONS = [1, 8, 64]
const ROUNDS = 3
const SECONDS = 4

/** Sync hello-world through HTTP, beside what Fastify and onnxruntime alone can do, measured in turns. */
export async function syncPredictions(): Promise<void> {
  title(`sync hello-world: median of ${ROUNDS} rounds of ${SECONDS} s, each beside the echo of the same round`)
  const dir = temporaryFolder()
  const [echo, reprise] = await Promise.all([startEcho(), startReprise(dir)])
  const body = JSON.stringify({ version: HELLO, input: { text: 'Alice' } })
  const headers = { 'Content-Type': 'application/json', Prefer: 'wait' }
  try {
    await load(`${reprise.address}/v1/predictions`, 8, 2, { scratchDir: dir, headers, body })
    const bare = bareSessionRunsPerSecond()
    line('', 'predictions', 'of the echo', 'of session.run', 'p50', 'p99', 'echo p50')
    for (const connections of CONNECTIONS) {
      const rounds: { echo: Load; reprise: Load }[] = []
      for (let i = 0; i < ROUNDS; i++)
        rounds.push({
          echo: await load(`${echo.address}/`, connections, SECONDS, { scratchDir: dir, headers, body }),
          reprise: await load(`${reprise.address}/v1/predictions`, connections, SECONDS, {
            scratchDir: dir,
            headers,
            body,
          }),
        })
      line(
        `${connections} connections`,
        rate(median(rounds.map((round) => round.reprise.perSecond))),
        ratio(median(rounds.map((round) => round.reprise.perSecond / round.echo.perSecond))),
        ratio(median(rounds.map((round) => round.reprise.perSecond)) / bare),
        ms(median(rounds.map((round) => round.reprise.p50Ms))),
        ms(median(rounds.map((round) => round.reprise.p99Ms))),
        ms(median(rounds.map((round) => round.echo.p50Ms))),
      )
    }
  } finally {
    await Promise.all([echo.stop(), reprise.stop()])
    removeFolder(dir)
  }
}
