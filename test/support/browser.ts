import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where the browser is; undefined on a machine that has none, where tests of pages skip visibly. */
export const CHROMIUM = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path))

export function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium; apt-get install chromium')
  // As root, which machines for tests run as, Chromium starts without its sandbox only.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
}

export interface Visit {
  page: Page
  /** What went wrong in the page, and what its policy has kept from being loaded or run. */
  troubles: string[]
}

/** A page of a visitor of its own, without what others have stored; closed at the end of the test. */
export async function visit(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', ({ message }) => troubles.push(message))
  page.on('console', (message) => {
    // Refusals are told in the page; the browser notes them, too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(message.text())
  })
  await page.goto(url)
  return { page, troubles }
}
