/**
 * `node ui/testing/newcomer-walk.ts FOLDER`: walks a newcomer's path in Chromium against the demo
 * server, in light and dark at three widths, and leaves a picture of each step in FOLDER. Demo →
 * sign up → project → snippet → first log → filter → save view → invite → the invited person.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { findChromium, launchBrowser, tooWide } from './browser-bench.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PASSWORD = 'gruene lampe im keller'
const SIZES = [
  { width: 1440, height: 900 },
  { width: 800, height: 900 },
  { width: 390, height: 844 },
] as const
const LOOKS = SIZES.flatMap(size =>
  (['light', 'dark'] as const).map(colorScheme => ({ ...size, colorScheme })),
)
type Look = (typeof LOOKS)[number]

/** What went wrong unseen, and how long each step took. */
interface Walk {
  readonly page: Page
  readonly url: string
  readonly look: Look
  readonly folder: string
  readonly faults: string[]
  step: number
}

async function startDemo(): Promise<{ url: string; stop: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'logboy-walk-'))
  const child = spawn(process.execPath, ['scripts/demo.mjs', '--rate', '20'], {
    cwd: ROOT,
    env: {
      ...process.env,
      LOGBOY_DATA: data,
      LOGBOY_HTTP_PORT: '4790',
      LOGBOY_GRPC_PORT: '4791',
      LOGBOY_OTLP_HTTP_PORT: '4792',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const [, found] = /logboy ready (\S+)/.exec(said) ?? []
      if (found !== undefined && said.includes('sign-in?ticket=')) resolve(found)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', code => reject(new Error(`the demo ended with ${code}`)))
  })
  return {
    url,
    async stop() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function shoot(walk: Walk, name: string): Promise<void> {
  const { page, folder, look } = walk
  const number = String(++walk.step).padStart(2, '0')
  const path = join(folder, `${look.width}-${look.colorScheme}-${number}-${name}.png`)
  await page.screenshot({ path, animations: 'disabled' })
  walk.faults.push(...(await tooWide(page)).map(part => `${name}: ${part}`))
}

async function open(browser: Browser, url: string, look: Look, folder: string): Promise<Walk> {
  const { width, height, colorScheme } = look
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(`exception: ${error.message}`))
  page.on('console', message => {
    const text = message.text()
    if (message.type() === 'error' && !text.includes('status of 401')) faults.push(text)
  })
  return { page, url, look, folder, faults, step: 0 }
}

async function comeIn(walk: Walk, isFirst: boolean): Promise<void> {
  const { page, url } = walk
  await page.goto(url)
  await page.getByLabel('Password').waitFor()
  await shoot(walk, 'sign-in')
  if (isFirst) {
    await page.getByRole('link', { name: 'Create the first one' }).click()
    await page.getByLabel('Name').fill('Ada')
  }
  await page.getByLabel('Email').fill('ada@example.org')
  await page.getByLabel('Password').fill(PASSWORD)
  await shoot(walk, isFirst ? 'sign-up' : 'sign-in-filled')
  await page.keyboard.press('Enter')
  await page.locator('.row').first().waitFor()
  await shoot(walk, 'demo')
}

async function makeProject(walk: Walk, name: string): Promise<void> {
  const { page } = walk
  await page.locator('.project-button').click()
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill(name)
  await page.keyboard.press('Enter')
  await page.getByText('Waiting for the first log').waitFor()
  await page.getByRole('link', { name: 'Project', exact: true }).click()
  await page.getByRole('heading', { name: 'Send logs' }).waitFor()
  for (const tab of (await page.getByRole('tab').all()).toReversed()) {
    await tab.click()
    await shoot(walk, `snippet-${await tab.innerText()}`)
  }
  const command = await page.locator('.snippet pre').innerText()
  const { stdout } = await promisify(execFile)('bash', ['-c', command])
  assert.match(stdout, /"accepted":1/)
  await page.locator('.arrival-good').waitFor()
  await shoot(walk, 'first-log')
  await page.getByRole('link', { name: 'Open in Explore' }).click()
  await page.locator('.row').first().waitFor()
}

async function findAndKeep(walk: Walk): Promise<void> {
  const { page } = walk
  await page.locator('.query-bar input, .query-bar textarea').first().fill('first')
  await page.keyboard.press('Enter')
  await page.locator('.row mark').first().waitFor()
  await shoot(walk, 'filter')
  await page.getByRole('button', { name: 'Saved views' }).click()
  await page.getByLabel('Name of this view').fill('first logs')
  await page.keyboard.press('Enter')
  await page.getByRole('list', { name: 'Saved views' }).getByText('first logs').waitFor()
  await shoot(walk, 'saved-view')
}

/** Every page of the project, and those around it. */
async function lookAround(walk: Walk): Promise<void> {
  const { page, url } = walk
  const project = new URL(page.url()).searchParams.get('project') ?? ''
  const paths = ['keys', 'members', 'roles', 'usage', 'dead-letters', 'audit', 'settings'].map(
    name => `/project/${name}`,
  )
  for (const path of [...paths, '/account', '/admin/users', '/admin/audit', '/admin/system'])
    await visit(walk, path, `${url}${path}?project=${project}`)
  await visit(walk, '/admin/settings', `${url}/admin/settings?project=${project}`)
}

async function visit(walk: Walk, name: string, url: string): Promise<void> {
  await walk.page.goto(url)
  await walk.page.locator('.section, .empty').first().waitFor()
  await walk.page.waitForFunction(() => document.querySelector('.skeleton') === null)
  await shoot(walk, name.slice(1).replaceAll('/', '-'))
  for (const words of await walk.page.locator('.empty-error p').allInnerTexts())
    walk.faults.push(`${name}: ${words}`)
}

async function invite(walk: Walk, browser: Browser, name: string): Promise<void> {
  const { page, url, look, folder } = walk
  const project = new URL(page.url()).searchParams.get('project') ?? ''
  await page.goto(`${url}/project/members?project=${project}`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await shoot(walk, 'invite')
  await page.getByRole('button', { name: 'Create invitation' }).click()
  const link = await page.locator('.secret code').innerText()
  await shoot(walk, 'invitation-link')
  const guest = await open(browser, url, look, folder)
  guest.step = 50
  await guest.page.goto(link)
  await guest.page.getByRole('link', { name: 'Create an account' }).waitFor()
  await shoot(guest, 'invitation')
  await guest.page.getByRole('link', { name: 'Create an account' }).click()
  await guest.page.getByLabel('Name').fill('Grace')
  await guest.page.getByLabel('Email').fill(`grace@${name}.example.org`)
  await guest.page.getByLabel('Password').fill('blaues sofa am fenster')
  await guest.page.keyboard.press('Enter')
  await guest.page.locator('.row').first().waitFor()
  await shoot(guest, 'invited')
  walk.faults.push(...guest.faults)
  await guest.page.context().close()
}

async function walkOnce(walk: Walk, browser: Browser, isFirst: boolean): Promise<void> {
  const name = `shop-${walk.look.width}-${walk.look.colorScheme}`
  await comeIn(walk, isFirst)
  await makeProject(walk, name)
  await findAndKeep(walk)
  await lookAround(walk)
  await invite(walk, browser, name)
}

const folder = process.argv[2]
const executable = findChromium()
if (folder === undefined || executable === null) {
  process.stderr.write('usage: node ui/testing/newcomer-walk.ts FOLDER (needs Chromium)\n')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const demo = await startDemo()
const browser = await launchBrowser(executable)
let failed = false
for (const [at, look] of LOOKS.entries()) {
  const walk = await open(browser, demo.url, look, folder)
  try {
    await walkOnce(walk, browser, at === 0)
  } catch (error) {
    failed = true
    process.stdout.write(`${look.width}: ${(error as Error).stack}\n`)
    await shoot(walk, 'failed')
  }
  for (const fault of walk.faults) process.stdout.write(`${look.width}: ${fault}\n`)
  failed ||= walk.faults.length > 0
  await walk.page.context().close()
}
await browser.close()
await demo.stop()
process.stdout.write(failed ? 'the walk met faults\n' : 'the walk met no fault\n')
process.exit(failed ? 1 : 0)
