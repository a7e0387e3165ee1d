import { helloRequest } from './hello.ts'
import { measureAlone, removeFolder, startEcho, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'
import { type Load, load } from './wrk.ts'

const CONNECTIONS = [1, 8, 64]
const ROUNDS = 3
const SECONDS = 4

/** Sync hello-world through HTTP, beside what Fastify and onnxruntime alone can do, measured in turns. */
export async function syncPredictions(): Promise<void> {
  title(`sync hello-world: median of ${ROUNDS} rounds of ${SECONDS} s, each beside the echo of the same round`)
  const dir = temporaryFolder()
  const [echo, reprise] = await Promise.all([startEcho(), startReprise(dir)])
  const request = { scratchDir: dir, ...helloRequest }
  try {
    await load(`${reprise.address}/v1/predictions`, 8, 2, request)
    const bare = measureAlone('./bare-session.ts')
    line('', 'predictions', 'of the echo', 'of session.run', 'p50', 'p99', 'echo p50')
    for (const connections of CONNECTIONS) {
      const rounds: { echo: Load; reprise: Load }[] = []
      for (let i = 0; i < ROUNDS; i++)
        rounds.push({
          echo: await load(`${echo.address}/`, connections, SECONDS, request),
          reprise: await load(`${reprise.address}/v1/predictions`, connections, SECONDS, request),
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
