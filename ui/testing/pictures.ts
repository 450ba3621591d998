/**
 * `node ui/testing/pictures.ts FOLDER`: pictures of every page, light and dark, wide and narrow,
 * over made-up rows and people. Without a folder: the small ones of docs/pictures.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { buildPage, findChromium, launchBrowser, PROJECT, Visit } from './browser-bench.ts'
import { PASSWORD } from './fake-people.ts'
import { fillAlerts } from './sample-alerts.ts'
import { fillPeople } from './sample-people.ts'

interface Scene {
  readonly name: string
  readonly path: string
  /** Also in docs/pictures, as high as what it shows. */
  readonly smallHeight?: number
  /** Before anybody is signed in. */
  readonly isGate?: boolean
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
    smallHeight: 900,
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
  { name: 'dashboard', path: '/dashboard?last=1h', smallHeight: 900 },
  { name: 'stream', path: '/dashboard?last=1h&stream=1' },
  { name: 'alerts', path: '/alerts/active?' },
  { name: 'alert-rules', path: '/alerts/rules?' },
  {
    name: 'alert-editor',
    path: '/alerts/rules/checkout?',
    smallHeight: 900,
    act: page => page.locator('.rule-outcome').waitFor(),
  },
  { name: 'alert-history', path: '/alerts/history?' },
  { name: 'alert-channels', path: '/alerts/channels?' },
  { name: 'alert-silences', path: '/alerts/silences?' },
  { name: 'sign-in', path: '/sign-in?', isGate: true, smallHeight: 560 },
  { name: 'reset', path: '/reset?token=reset-token', isGate: true, smallHeight: 440 },
  { name: 'account', path: '/account?', smallHeight: 860 },
  { name: 'members', path: '/project/members?', smallHeight: 560 },
  {
    name: 'invitation',
    path: '/project/members?',
    smallHeight: 560,
    act: async page => {
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByRole('button', { name: 'Create invitation' }).click()
      await page.locator('.secret').waitFor()
    },
  },
  { name: 'keys', path: '/project/keys?', smallHeight: 560 },
  {
    name: 'signing-key',
    path: '/project/keys?',
    smallHeight: 720,
    act: async page => {
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('edge')
      await page.locator('[name=kind]').selectOption('signing')
    },
  },
  { name: 'usage', path: '/project/usage?', smallHeight: 760 },
  { name: 'dead-letters', path: '/project/dead-letters?', smallHeight: 480 },
  {
    name: 'dead-letter',
    path: '/project/dead-letters?letter=letter-2',
    smallHeight: 760,
    act: page => page.getByLabel('Records to send').waitFor(),
  },
  { name: 'users', path: '/admin/users?', smallHeight: 480 },
  { name: 'audit', path: '/admin/audit?', smallHeight: 560 },
  { name: 'system', path: '/admin/system?', smallHeight: 640 },
  { name: 'settings', path: '/admin/settings?', smallHeight: 640 },
]
const SHOWN = '.row, .pattern-line, .analysis, .slow-table, .stream-row, .section, .gate-card'
const ALL: readonly Shot[] = [1440, 800, 390].map(width => ({
  width,
  colorSchemes: ['light', 'dark'],
  type: 'png',
}))

/** As the person that administers everything. */
async function comeIn({ page, url }: Visit): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.locator('.top-bar').waitFor()
}

async function take(visit: Visit, scene: Scene, shot: Shot, folder: string): Promise<void> {
  const { page } = visit
  if (shot.type === 'jpeg')
    await page.setViewportSize({ width: shot.width, height: scene.smallHeight ?? 900 })
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
  fillPeople(visit.server.people, PROJECT)
  const wanted = SCENES.filter(scene => asked !== undefined || scene.smallHeight !== undefined)
  for (const scene of wanted) if (scene.isGate === true) await take(visit, scene, shot, folder)
  await comeIn(visit)
  for (const scene of wanted) if (scene.isGate !== true) await take(visit, scene, shot, folder)
  await visit.close()
}
await browser.close()
built.remove()
