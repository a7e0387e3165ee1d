/** The pages on a phone, and for those who hear them. */
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, launchBrowser, visit } from '../support/browser.ts'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core')
const PHONE = { viewport: { width: 360, height: 740 } }

interface Violation {
  id: string
  impact: string | null
  nodes: { html: string }[]
}

describe.skipIf(CHROMIUM === undefined)('every page', () => {
  let server: TestServer
  let browser: Browser
  let paths: string[]
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), launchBrowser()])
    const { id } = await run(server, 'replicate/hello-world', { text: 'Alice' })
    paths = [
      '/',
      '/replicate/hello-world',
      '/test/every-type',
      '/reprise/upscaler',
      '/reprise/upscaler?tab=api',
      '/replicate/hello-world?tab=examples',
      '/replicate/hello-world?tab=versions',
      '/reprise/upscaler?tab=readme',
      `/p/${id}`,
      '/predictions',
      '/deployments',
      '/runners',
      '/tokens',
      '/nothing/here',
    ]
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  test('has room on a screen of 360 pixels', async () => {
    const { page } = await visit(browser, server.address, PHONE)
    for (const path of paths) {
      await page.goto(server.address + path, { waitUntil: 'networkidle' })
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect({ path, width }).toEqual({ path, width: 360 })
    }
  })

  test.each(['light', 'dark'] as const)('has nothing serious that axe finds, in %s colours', async (colorScheme) => {
    // Added from outside, which the policy of the pages forbids to the pages.
    const { page } = await visit(browser, server.address, { colorScheme, bypassCSP: true })
    for (const path of paths) {
      await page.goto(server.address + path, { waitUntil: 'networkidle' })
      await page.addScriptTag({ path: AXE })
      const violations: Violation[] = await page.evaluate('axe.run().then((found) => found.violations)')
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => ({ id, places: nodes.map(({ html }) => html) }))
      expect({ path, serious }).toEqual({ path, serious: [] })
    }
  })

  test('loads nothing from elsewhere, and its policy keeps nothing of it from working', async () => {
    const { page, troubles } = await visit(browser, server.address)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    for (const path of paths) await page.goto(server.address + path, { waitUntil: 'networkidle' })
    expect(asked.filter((url) => !url.startsWith(server.address) && !/^(data|blob):/.test(url))).toEqual([])
    expect(troubles).toEqual([])
  })

  test('comes with at most 100 kB of script at first', async () => {
    const { page } = await visit(browser, server.address)
    let bytes = 0
    page.on('response', async (response) => {
      if (response.url().endsWith('.js')) bytes += Number(response.headers()['content-length'])
    })
    await page.goto(`${server.address}/reprise/storyteller`, { waitUntil: 'networkidle' })
    expect(bytes).toBeGreaterThan(1_000)
    expect(bytes).toBeLessThan(100_000)
  })
})
