/**
 * The whole path of an alert in Chromium, on a whole server: errors arrive → bell, mail and webhook
 * hear of it → somebody acknowledges it on the page → it is over, and all of it stands in history
 * and logs. With LOGBOY_PICTURES=FOLDER each step leaves pictures, light and dark.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { mailServer } from '#actors/mail/testing/mail-server.ts'
import { ServerProcess } from '#actors/testing/server-process.ts'
import type { ProjectCreated } from '#proto/api.ts'
import { pause } from '#runtime/clock.ts'
import { findChromium, launchBrowser, tooWide } from './browser-bench.ts'

const PICTURES = process.env['LOGBOY_PICTURES']
const executable = findChromium()
const WAIT_MS = 120_000

interface Told {
  readonly type: string
  readonly data: { readonly rule: string }
}

/** Keeps what it is told, as the other side of a webhook. */
async function hook() {
  const told: Told[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString()
    })
    request.on('end', () => {
      told.push(JSON.parse(body) as Told)
      response.end('thanks')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { told, url: `http://127.0.0.1:${port}/hook`, close }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(50)
}

let step = 0
async function shoot(page: Page, name: string): Promise<void> {
  assert.deepEqual(await tooWide(page), [], name)
  if (PICTURES === undefined) return
  step++
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const path = join(PICTURES, `${String(step).padStart(2, '0')}-${name}-${colorScheme}.png`)
    await page.screenshot({ path, animations: 'disabled' })
  }
}

test('errors arrive: bell, mail, webhook, acknowledged on the page, over', async (context: TestContext) => {
  if (executable === null) return context.skip('NO CHROMIUM: set CHROMIUM_PATH or install it')
  const folder = mkdtempSync(join(tmpdir(), 'logboy-alert-path-'))
  const mails = mailServer()
  const webhook = await hook()
  const flags = { 'webhook-private': 'true', 'smtp-url': await mails.open() }
  const server = new ServerProcess(folder, flags)
  const browser = await launchBrowser(executable)
  const faults: string[] = []
  const mailed = (): string => mails.heard.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=')
  try {
    const url = await server.ready()
    const project = await server.call<ProjectCreated>('POST', '/api/v1/projects', { name: 'shop' })
    const to = { project: project.id }
    const hookSettings = { kind: 'webhook', url: webhook.url }
    await server.call('POST', '/api/v1/channels', { ...to, name: 'ops', settings: hookSettings })
    const mailSettings = { kind: 'email', to: ['ada@example.org'] }
    await server.call('POST', '/api/v1/channels', { ...to, name: 'mail', settings: mailSettings })
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    // A firing is over half a minute after its last log, and then its lateness.
    page.setDefaultTimeout(WAIT_MS)
    page.on('pageerror', error => faults.push(error.message))
    const ticket = await server.call<{ ticket: string }>('POST', '/api/v1/sessions/tickets', {})
    await page.goto(`${url}/sign-in?ticket=${ticket.ticket}`)
    await page.locator('.top-bar').waitFor()

    await page.goto(`${url}/alerts/rules/new?project=${project.id}`)
    await page.getByLabel('Name').fill('Cart errors')
    await page.getByLabel('Which logs').fill('service:cart level:error')
    await page.getByLabel('Threshold').fill('2')
    await page.getByLabel('In a window of').fill('30s')
    await page.getByRole('button', { name: 'Make rule' }).click()
    await page.getByRole('link', { name: 'Cart errors' }).waitFor()
    await page.goto(`${url}/explore?project=${project.id}`)
    await page.locator('.top-bar').waitFor()

    const burst = Array.from({ length: 5 }, (_, n) => {
      return { service: 'cart', level: 'error', message: `card ${n} declined` }
    })
    await server.call('POST', '/ingest', burst, project.ingest_key)
    const toast = page.getByRole('status', { name: 'A new alert' })
    await toast.getByText('Cart errors').waitFor()
    await page.getByRole('button', { name: 'Alerts: 1 firing' }).waitFor()
    await shoot(page, 'toast')
    await until(() => webhook.told.some(({ type }) => type === 'alert.firing'))
    await until(() => mailed().includes('Subject: FIRING: Cart errors (shop)'))

    await toast.getByRole('link').click()
    const card = page.getByRole('listitem').filter({ hasText: 'Cart errors' })
    await card.getByText('5 > 2').waitFor()
    await card.getByRole('img', { name: 'count of late' }).waitFor()
    await shoot(page, 'active')
    await card.getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByLabel('Note').fill('The bank is down')
    await page.keyboard.press('Enter')
    await card.getByText('The bank is down').waitFor()
    await shoot(page, 'acknowledged')

    await page.getByText('All is well').waitFor()
    await until(() => webhook.told.some(({ type }) => type === 'alert.resolved'))
    await until(() => mailed().includes('Subject: RESOLVED: Cart errors (shop)'))
    await page.goto(`${url}/alerts/history?project=${project.id}`)
    await page.getByText('The bank is down').waitFor()
    await shoot(page, 'history')
    await page.goto(`${url}/alerts/channels?project=${project.id}`)
    const channel = page.getByRole('listitem').filter({ hasText: 'ops' })
    await channel.getByRole('button', { name: 'Deliveries' }).click()
    await page.getByRole('dialog').getByText('thanks').first().waitFor()
    await shoot(page, 'deliveries')
    const query = encodeURIComponent('service:logboy-alerts')
    await page.goto(`${url}/explore?project=${project.id}&q=${query}`)
    await page.locator('.row').first().waitFor()
    await shoot(page, 'in-the-logs')
    assert.deepEqual(
      webhook.told.map(({ type }) => type),
      ['alert.firing', 'alert.resolved'],
      'each once',
    )
    assert.deepEqual(faults, [])
  } finally {
    await browser.close()
    await server.stop('SIGKILL')
    webhook.close()
    mails.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
