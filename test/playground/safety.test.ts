/** What models give out is shown, and never runs as a page of this server. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, launchBrowser, visit } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/server.ts'

const SCRIPT = 'document.documentElement.dataset.ran = "yes"; alert("ran")'
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload='${SCRIPT}'><script>${SCRIPT}</script></svg>`
const HTML = `<!doctype html><title>a page</title><script>${SCRIPT}</script><img src="x" onerror='${SCRIPT}'>`

describe.skipIf(CHROMIUM === undefined)('in the browser', () => {
  let server: TestServer
  let browser: Browser
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), launchBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  /** The page after a run of a model that gives out a file, and whether anything has run. */
  async function show(input: Record<string, unknown>): Promise<{ page: Page; ran(): Promise<boolean> }> {
    const { page } = await visit(browser, `${server.address}/test/makes-files`)
    let alerted = false
    page.on('dialog', async (dialog) => {
      alerted = true
      await dialog.dismiss()
    })
    await page.getByRole('button', { name: 'JSON' }).click()
    await page.getByLabel('Input as JSON').fill(JSON.stringify(input))
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.locator('[data-status="succeeded"]').waitFor()
    const ran = async () => alerted || (await page.evaluate(() => document.documentElement.dataset.ran !== undefined))
    return { page, ran }
  }

  test('a page that a model makes is a link to a download', async () => {
    const { page, ran } = await show({ content: HTML, name: 'page.html', type: 'text/html' })
    const link = page.locator('.output a')
    const downloading = page.waitForEvent('download')
    await link.click()
    expect((await downloading).suggestedFilename()).toBe('page.html')
    expect(await page.locator('.output img, .output iframe').count()).toBe(0)
    expect(await ran()).toBe(false)
    const href = await link.getAttribute('href')
    const answer = await fetch(server.address + href)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
  })

  test('a drawing with a script is shown as a picture', async () => {
    const { page, ran } = await show({ content: SVG, name: 'drawing.svg', type: 'image/svg+xml' })
    const picture = page.locator('.output img')
    await eventually(async () =>
      expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(20),
    )
    expect(await ran()).toBe(false)
  })

  test('tags in a text are text', async () => {
    const { page } = await visit(browser, `${server.address}/replicate/hello-world`)
    await page.getByLabel('text').fill(`<img src=x onerror='${SCRIPT}'>`)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.locator('[data-status="succeeded"]').waitFor()
    expect(await page.locator('.output').textContent()).toContain('hello <img src=x')
    expect(await page.locator('.output img').count()).toBe(0)
  })

  test('a README can neither bring HTML nor lead to a script', async () => {
    const { page } = await visit(browser, `${server.address}/test/makes-files?tab=readme`)
    await page.locator('.readme').waitFor()
    expect(await page.locator('.readme script, .readme a[href^="javascript"]').count()).toBe(0)
    expect(await page.locator('.readme').textContent()).toContain('<script>')
  })
})
