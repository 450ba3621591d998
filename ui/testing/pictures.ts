/**
 * `node ui/testing/pictures.ts FOLDER`: pictures of explorer, dashboard and alerts, light and dark,
 * wide and narrow, over made-up rows. Without a folder: the small ones of docs/pictures.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { buildPage, findChromium, launchBrowser, PROJECT, Visit } from './browser-bench.ts'
import { fillAlerts } from './sample-alerts.ts'

interface Scene {
  readonly name: string
  readonly path: string
  readonly act?: (page: Page) => Promise<void>
}

interface Shot {
  readonly width: number
  readonly colorSchemes: readonly ('light' | 'dark')[]
  readonly type: 'png' | 'jpeg'
}

const SCENES: readonly Scene[] = [
  { name: 'explore', path: '/explore?last=1h' },
  {
    name: 'details',
    path: '/explore?last=1h&tab=context',
    act: async page => {
      await page.locator('.row').nth(4).click()
      await page.locator('.context-row').first().waitFor()
    },
  },
  { name: 'patterns', path: '/explore?last=1h&view=patterns&compare=1' },
  {
    name: 'analysis',
    path: `/explore?last=1h&q=${encodeURIComponent('| timechart 1m count by service')}`,
  },
  { name: 'dashboard', path: '/dashboard?last=1h' },
  { name: 'stream', path: '/dashboard?last=1h&stream=1' },
  { name: 'alerts', path: '/alerts/active?' },
  { name: 'alert-rules', path: '/alerts/rules?' },
  {
    name: 'alert-editor',
    path: '/alerts/rules/checkout?',
    act: page => page.locator('.rule-outcome').waitFor(),
  },
  { name: 'alert-history', path: '/alerts/history?' },
  { name: 'alert-channels', path: '/alerts/channels?' },
  { name: 'alert-silences', path: '/alerts/silences?' },
]
const SMALL = ['details', 'dashboard', 'alert-editor']
const SHOWN = '.row, .pattern-line, .analysis, .slow-table, .stream-row, .section'
const ALL: readonly Shot[] = [1440, 800, 390].map(width => ({
  width,
  colorSchemes: ['light', 'dark'],
  type: 'png',
}))

async function take(visit: Visit, scene: Scene, shot: Shot, folder: string): Promise<void> {
  const { page } = visit
  for (const colorScheme of shot.colorSchemes) {
    await page.emulateMedia({ colorScheme })
    await page.goto(`${visit.url}${scene.path}&project=${PROJECT}`)
    await page.locator(SHOWN).first().waitFor()
    await scene.act?.(page)
    await page.waitForLoadState('networkidle')
    const name = shot.type === 'png' ? `-${colorScheme}-${shot.width}.png` : '.jpg'
    const quality = shot.type === 'png' ? {} : { quality: 40 }
    await page.screenshot({
      path: join(folder, `${scene.name}${name}`),
      type: shot.type,
      ...quality,
    })
  }
}

const [asked] = process.argv.slice(2)
const folder = asked ?? fileURLToPath(new URL('../../docs/pictures', import.meta.url))
const shots: readonly Shot[] =
  asked === undefined ? [{ width: 1180, colorSchemes: ['light'], type: 'jpeg' }] : ALL
mkdirSync(folder, { recursive: true })
const executable = findChromium()
if (executable === null) throw new Error('no Chromium: set CHROMIUM_PATH')
const built = await buildPage()
const browser = await launchBrowser(executable)
for (const shot of shots) {
  const visit = await Visit.open(browser, built.folder, shot.width)
  visit.fill(12_000, 110)
  fillAlerts(visit.server)
  await visit.signIn()
  for (const scene of SCENES)
    if (asked !== undefined || SMALL.includes(scene.name)) await take(visit, scene, shot, folder)
  await visit.close()
}
await browser.close()
built.remove()
