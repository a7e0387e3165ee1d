/**
 * `npm run screenshots [folder]`: a picture of each page, in light and dark, from a server of its own that has
 * something to show.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../test/support/browser.ts'
import buildPlayground from '../test/support/build-playground.ts'
import { encodePng } from '../test/support/pictures.ts'
import { run } from '../test/support/requests.ts'
import { startServer } from '../test/support/server.ts'
import { makeFolder, removeFolder } from '../test/support/temporary.ts'

const SIZE = { width: 1280, height: 860 }
const PHONE = { width: 360, height: 740 }

const folder = process.argv[2] ?? 'screenshots'
mkdirSync(folder, { recursive: true })
buildPlayground()
const models = makeFolder()
const server = await startServer({ MODELS_DIR: models })
const browser = await launchBrowser()
try {
  const tale = { prompt: 'Once upon a time', seed: 7, max_tokens: 120 }
  const { id } = await run(server, 'reprise/storyteller', tale)
  await run(server, 'replicate/hello-world', { text: 'Alice' })
  const { latest_version } = await server.client.models.get('replicate', 'hello-world')
  await server.client.deployments.create({
    name: 'greeter',
    model: 'replicate/hello-world',
    version: latest_version?.id ?? '',
    hardware: 'cpu',
    min_instances: 1,
    max_instances: 2,
  })

  const shots: { name: string; path: string; act?: (page: Page) => Promise<void>; size?: typeof SIZE }[] = [
    { name: 'models', path: '/' },
    { name: 'streaming', path: '/reprise/storyteller', act: tell },
    { name: 'upscaler', path: '/reprise/upscaler', act: enlarge },
    { name: 'api', path: '/reprise/storyteller?tab=api' },
    { name: 'examples', path: '/replicate/hello-world?tab=examples' },
    { name: 'versions', path: '/replicate/hello-world?tab=versions' },
    { name: 'readme', path: '/reprise/upscaler?tab=readme' },
    { name: 'prediction', path: `/p/${id}` },
    { name: 'predictions', path: '/predictions' },
    { name: 'deployments', path: '/deployments' },
    { name: 'runners', path: '/runners' },
    { name: 'tokens', path: '/tokens' },
    { name: 'phone', path: '/reprise/storyteller', act: tell, size: PHONE },
  ]
  for (const colorScheme of ['light', 'dark'] as const)
    for (const { name, path, act, size = SIZE } of shots) {
      const page = await browser.newPage({ colorScheme, viewport: size })
      await page.goto(server.address + path, { waitUntil: 'networkidle' })
      await act?.(page)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
      await page.close()
    }
} finally {
  await browser.close()
  await server.close()
  removeFolder(models)
}

async function tell(page: Page): Promise<void> {
  await page.getByLabel('seed', { exact: true }).fill('7')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('[data-status="succeeded"]').waitFor()
}

/** A picture of rings, which a larger one shows more of. */
async function enlarge(page: Page): Promise<void> {
  const side = 96
  const data = Uint8Array.from({ length: side * side * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % side, Math.floor(index / 3 / side)]
    const distance = Math.hypot(x - side / 2, y - side / 2)
    return 128 + 110 * Math.sin(distance / 3 + (index % 3))
  })
  const buffer = await encodePng({ width: side, height: side, channels: 3, data })
  await page.locator('input[type="file"]').setInputFiles({ name: 'rings.png', mimeType: 'image/png', buffer })
  await page.getByLabel('scale').selectOption('4')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('.output img').waitFor()
}
