/** The pages beside that on which models are run. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CHROMIUM, launchBrowser, visit } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { startReceiver } from '../support/receiver.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

describe.skipIf(CHROMIUM === undefined)('in the browser', () => {
  let server: TestServer
  let browser: Browser
  let models: string
  beforeAll(async () => {
    models = makeFolder()
    writeFiles(models, { 'acme/says/predict.ts': echo('said') })
    ;[server, browser] = await Promise.all([startServer({ MODELS_DIR: models }), launchBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
    removeFolder(models)
  })

  test('two versions of a model are run side by side', async () => {
    const versions = () => bodyOf<{ results: unknown[] }>(server.call('GET', '/v1/models/acme/says/versions'))
    writeFiles(models, { 'acme/says/predict.ts': echo('shouted') })
    await eventually(async () => expect((await versions()).results).toHaveLength(2), 30_000)
    const { page, troubles } = await visit(browser, `${server.address}/acme/says?tab=versions`)
    for (const place of [0, 1]) await page.getByRole('checkbox').nth(place).check()
    await page.getByLabel('text').fill('hello')
    await page.getByRole('button', { name: 'Run both' }).click()
    await page.locator('.output', { hasText: 'said hello' }).waitFor()
    await page.locator('.output', { hasText: 'shouted hello' }).waitFor()
    expect(troubles).toEqual([])
  })

  test('the webhooks of a prediction are shown with their tries, and sent again on demand', async () => {
    const receiver = await startReceiver()
    onTestFinished(() => receiver.close())
    const { id } = await bodyOf<{ id: string }>(
      server.call('POST', '/v1/models/replicate/hello-world/predictions', {
        body: { input: { text: 'Alice' }, webhook: receiver.url, webhook_events_filter: ['completed'] },
      }),
    )
    await receiver.until((arrivals) => arrivals.at(0))
    const { page } = await visit(browser, `${server.address}/p/${id}`)
    await page.getByRole('button', { name: 'Send completed again' }).click()
    const [first, second] = await receiver.until((arrivals) => (arrivals.length > 1 ? arrivals : undefined))
    expect(second?.id).toBe(first?.id)
    await eventually(async () => expect(await page.locator('.tries li').count()).toBe(2))
  })

  test('what is loaded is shown with what it takes', async () => {
    const { page } = await visit(browser, `${server.address}/runners`)
    await page.getByRole('link', { name: 'replicate/hello-world' }).waitFor()
    await page.getByText('waits for a model').waitFor()
  })

  test('an operator makes the first token, which closes the server, and signs in with it', async () => {
    const open = await startServer({ MODELS_DIR: models, BUNDLED_MODELS: 'off' })
    onTestFinished(() => open.close())
    const { page } = await visit(browser, `${open.address}/tokens`)
    await page.getByLabel('Account').fill('local')
    await page.getByRole('button', { name: 'Make it' }).click()
    const token = (await page.locator('[role="status"] pre').textContent()) ?? ''
    expect(token).toMatch(/^rp_/)
    const { page: other } = await visit(browser, `${open.address}/tokens`)
    await other.getByLabel('API token').fill(token)
    await other.getByRole('button', { name: 'Sign in' }).click()
    await other.getByRole('button', { name: /^Revoke/ }).waitFor()
  })
})
