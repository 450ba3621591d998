/**
 * `node ui/testing/pictures.ts FOLDER`: pictures of the explorer and the dashboard, light and dark,
 * wide and narrow, over made-up rows.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildPage, findChromium, launchBrowser, PROJECT, Visit } from './browser-bench.ts'

const SCENES: readonly (readonly [string, string, ((page: Page) => Promise<void>)?])[] = [
  ['explore', '/explore?last=1h'],
  [
    'details',
    '/explore?last=1h&tab=context',
    async page => {
      await page.locator('.row').nth(4).click()
      await page.locator('.context-row').first().waitFor()
    },
  ],
  ['patterns', '/explore?last=1h&view=patterns&compare=1'],
  ['analysis', `/explore?last=1h&q=${encodeURIComponent('| timechart 1m count by service')}`],
  ['dashboard', '/dashboard?last=1h'],
  ['stream', '/dashboard?last=1h&stream=1'],
]
const [folder = 'pictures'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const executable = findChromium()
if (executable === null) throw new Error('no Chromium: set CHROMIUM_PATH')
const built = await buildPage()
const browser = await launchBrowser(executable)
for (const width of [1440, 800, 390]) {
  const visit = await Visit.open(browser, built.folder, width)
  visit.fill(12_000, 110)
  await visit.signIn()
  for (const [name, path, act] of SCENES)
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit.page.emulateMedia({ colorScheme })
      await visit.page.goto(`${visit.url}${path}&project=${PROJECT}`)
      await visit.page
        .locator('.row, .pattern-line, .analysis, .slow-table, .stream-row')
        .first()
        .waitFor()
      await act?.(visit.page)
      await visit.page.waitForLoadState('networkidle')
      await visit.page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) })
    }
  await visit.close()
}
await browser.close()
built.remove()
