/** What the image's HEALTHCHECK runs: ends with 0 when the server of this container answers. */
const PATIENCE_MS = 4_000
const EVERY_ADDRESS = ['0.0.0.0', '::']

const { REPRISE_HOST: host = '0.0.0.0', REPRISE_PORT: port = '3000' } = process.env
const address = EVERY_ADDRESS.includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host

try {
  const { status } = await fetch(`http://${address}:${port}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  // A server that refuses to say how it is lives, too.
  process.exit(status < 500 ? 0 : 1)
} catch {
  process.exit(1)
}
