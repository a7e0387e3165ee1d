/** Models are run in a real browser, as people do it. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, launchBrowser, visit } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { encodePng } from '../support/pictures.ts'
import { startServer, type TestServer } from '../support/server.ts'

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

  const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true })

  test('hello-world runs with the keyboard alone', async () => {
    const { page, troubles } = await visit(browser, server.address)
    await tabTo(page, 'a[href="/replicate/hello-world"]')
    await page.keyboard.press('Enter')
    await page.getByLabel('text').waitFor()
    await tabTo(page, 'textarea')
    await page.keyboard.type('Alice')
    await page.keyboard.press('Control+Enter')
    await page.getByText('hello Alice').waitFor()
    expect(await page.getByRole('status').textContent()).toBe('succeeded')
    expect(troubles).toEqual([])
  })

  test('what is run here counts as made on the web, and is found in the history', async () => {
    const { page } = await visit(browser, `${server.address}/replicate/hello-world`)
    await page.getByLabel('text').fill('the history')
    await runButton(page).click()
    await page.getByText('hello the history').waitFor()
    await page.reload()
    await page.getByText('hello the history').waitFor()
    expect(await page.getByLabel('text').inputValue()).toBe('the history')
    const link = await page.getByText('Link to this prediction').getAttribute('href')
    await page.goto(`${server.address}/predictions?source=web`)
    await page.locator(`a[href="${link}"]`).click()
    await page.locator('.output', { hasText: 'hello the history' }).waitFor()
    await page.getByText('Run again with edits').click()
    await eventually(async () => expect(await page.getByLabel('text').inputValue()).toBe('the history'))
  })

  test('a text appears as it is made, and can be canceled in the middle', async () => {
    const { page } = await visit(browser, `${server.address}/test/tokens`)
    await page.getByLabel('count').fill('100000')
    await page.getByLabel('pause_ms').fill('10')
    await runButton(page).click()
    const text = page.locator('.output .text')
    await text.waitFor()
    const early = (await text.textContent()) ?? ''
    await eventually(async () => expect(((await text.textContent()) ?? '').length).toBeGreaterThan(early.length))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.locator('[data-status="canceled"]').waitFor()
    await runButton(page).waitFor()
  })

  test('a picture that is dropped is made larger and shown', async () => {
    const { page, troubles } = await visit(browser, `${server.address}/reprise/upscaler`)
    await page.locator('#input-image').waitFor()
    await drop(page, '.file', { name: 'small.png', type: 'image/png', bytes: await grey(24, 16) })
    await page.getByText('small.png').waitFor()
    await runButton(page).click()
    const picture = page.locator('.output img')
    await picture.waitFor()
    await eventually(async () =>
      expect(await picture.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([
        48, 32,
      ]),
    )
    expect(troubles).toEqual([])
  })

  test('what the server refuses is told at its field, which gets the focus', async () => {
    const { page } = await visit(browser, `${server.address}/reprise/upscaler`)
    await runButton(page).click()
    const field = page.locator('.field', { has: page.getByText('image', { exact: false }) }).first()
    await field.getByRole('alert').waitFor()
    expect(await field.getByRole('alert').textContent()).toBe('image is required')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('input-image')
  })

  test('the JSON beside the form follows it, and the form follows the JSON', async () => {
    const { page } = await visit(browser, `${server.address}/replicate/hello-world`)
    await page.getByLabel('text').fill('one')
    await page.getByRole('button', { name: 'JSON' }).click()
    const json = page.getByLabel('Input as JSON')
    expect(JSON.parse(await json.inputValue())).toEqual({ text: 'one' })
    await json.fill('{"text": "two"')
    await json.press('Control+Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.locator('[data-status]').count()).toBe(0)
    await json.fill('{"text": "two"}')
    await page.getByRole('button', { name: 'Form' }).click()
    expect(await page.getByLabel('text').inputValue()).toBe('two')
  })
})

function grey(width: number, height: number): Promise<Buffer> {
  return encodePng({ width, height, channels: 3, data: new Uint8Array(3 * width * height).fill(128) })
}

/** Presses Tab until the place has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor()
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
  }
  throw new Error(`${selector} cannot be reached with the Tab key`)
}

async function drop(page: Page, selector: string, file: { name: string; type: string; bytes: Buffer }): Promise<void> {
  const content = file.bytes.toString('base64')
  const transfer = await page.evaluateHandle(
    ({ name, type, base64 }) => {
      const held = new DataTransfer()
      held.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }))
      return held
    },
    { name: file.name, type: file.type, base64: content },
  )
  await page.locator(selector).dispatchEvent('drop', { dataTransfer: transfer })
}
