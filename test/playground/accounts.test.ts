/** Who sees what: the pages ask the API, which wants a token. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, launchBrowser, visit } from '../support/browser.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { bodyOf } from '../support/wire.ts'

describe.skipIf(CHROMIUM === undefined)('on a server with tokens', () => {
  let server: TestServer
  let browser: Browser
  beforeAll(async () => {
    const starting = startServer({ API_TOKENS: 'alice:of-alice,bob:of-bob' })
    ;[server, browser] = await Promise.all([starting, launchBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  async function signedIn(path: string, token: string): Promise<Page> {
    const { page } = await visit(browser, server.address + path)
    await page.getByLabel('API token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    return page
  }

  async function predictionOf(token: string): Promise<string> {
    const { id } = await bodyOf<{ id: string }>(
      server.call('POST', '/v1/models/replicate/hello-world/predictions', {
        body: { input: { text: 'Alice' } },
        headers: { authorization: `Bearer ${token}`, prefer: 'wait' },
      }),
    )
    return id
  }

  test('a wrong token is told, a right one opens the page that was asked for', async () => {
    const page = await signedIn('/replicate/hello-world', 'of-nobody')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toBe('The server does not know this token.')
    await page.getByLabel('API token').fill('of-alice')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('text').fill('tokens')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('hello tokens').waitFor()
  })

  test('the token is kept by this tab alone, until its owner signs out', async () => {
    const page = await signedIn('/', 'of-alice')
    await page.getByRole('link', { name: /hello-world/ }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: /hello-world/ }).waitFor()
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie]))
    expect(stored).not.toContain('of-alice')
    const other = await page.context().newPage()
    await other.goto(server.address)
    await other.getByLabel('API token').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API token').waitFor()
  })

  test('the link of a prediction opens for whoever is signed in to its account, and for nobody else', async () => {
    const id = await predictionOf('of-alice')
    const hers = await signedIn(`/p/${id}`, 'of-alice')
    await hers.locator('.output', { hasText: 'hello Alice' }).waitFor()
    const his = await signedIn(`/p/${id}`, 'of-bob')
    await his.getByRole('heading', { name: 'No such prediction' }).waitFor()
    expect(await his.content()).not.toContain('hello Alice')
  })
})
