/** What is published: JavaScript that serves the same models under the same ids as the sources do. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { run } from '../support/requests.ts'
import { HELLO, spawnServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

beforeAll(() => {
  execFileSync(process.execPath, [path('scripts/build.ts')])
}, 120_000)

test('the built server serves the bundled models under the ids they have from source', async () => {
  const built = await spawnServer(testFolder(), { MODELS_DIR: testFolder() }, path('dist/main.js'))
  onTestFinished(async () => void (await built.stop('SIGTERM')))
  const source = await testServer({ MODELS_DIR: testFolder() })
  for (const model of ['replicate/hello-world', 'reprise/storyteller']) {
    const idsOf = async (server: Pick<typeof built, 'call'>) =>
      (await bodyOf<{ results: { id: string }[] }>(server.call('GET', `/v1/models/${model}/versions`))).results.map(
        ({ id }) => id,
      )
    expect(await idsOf(built)).toEqual(await idsOf(source))
  }
  expect(await run(built, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({
    version: HELLO,
    output: 'hello Alice',
  })
  expect(await run(built, 'reprise/storyteller', { max_tokens: 5, seed: 1 })).toMatchObject({ status: 'succeeded' })
})
