/** What browser tests share: the built page, Chromium, and visits that note what goes wrong. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import type { Row } from '#proto/api.ts'
import { FakeData } from './fake-data.ts'
import { FakeServer } from './fake-server.ts'

export const PROJECT = 'project000'
const WAIT_MS = 30_000
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where Chromium is, or null; the one that has no windows needs half of the other's CPU. */
export function findChromium(): string | null {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser']
  const places = [process.env['CHROMIUM_PATH'], ...names.map(name => `/usr/bin/${name}`)]
  return places.find(path => path !== undefined && existsSync(path)) ?? null
}

/** The page as it is now, built into a folder of its own. */
export async function buildPage(): Promise<{ folder: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-page-'))
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  })
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

export function launchBrowser(
  executablePath: string,
  flags: readonly string[] = [],
): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
}

/** Parts of the page that have to be scrolled sideways, which only long rows and code may. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('html, .side-main, .top-bar, .gate-card, .dialog, .list-frame')]
      .filter(part => part.scrollWidth > part.clientWidth + 1)
      .map(part => `${part.className || 'page'}: ${part.scrollWidth} in ${part.clientWidth} px`),
  )
}

/** One server, one browser profile and one page; made anew for every test. */
export class Visit {
  readonly server: FakeServer
  readonly data = new FakeData(21)
  readonly page: Page
  readonly url: string
  readonly #context: BrowserContext
  readonly #faults: string[] = []
  #receivedMs = 0

  private constructor(server: FakeServer, url: string, context: BrowserContext, page: Page) {
    this.server = server
    this.url = url
    this.#context = context
    this.page = page
    page.on('pageerror', error => this.#faults.push(`exception: ${error.message}`))
    page.on('console', message => {
      const text = message.text()
      // Refusals are part of what is tested; 401 answers whoever is not signed in.
      const expected = /status of (400|401|403|404|409|500)|WebSocket connection to .* failed/.test(
        text,
      )
      if (message.type() === 'error' && !expected) this.#faults.push(`console: ${text}`)
    })
  }

  static async open(browser: Browser, folder: string, width = 1440): Promise<Visit> {
    const server = new FakeServer(folder, ['demo', 'empty'])
    const url = await server.listen()
    const context = await browser.newContext({ viewport: { width, height: 900 } })
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MS)
    await page.addInitScript(() => {
      const seen: string[] = []
      Object.assign(globalThis, { violations: seen })
      document.addEventListener('securitypolicyviolation', event => {
        seen.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
      })
    })
    return new Visit(server, url, context, page)
  }

  /** Ends the visit; nothing may have gone wrong unseen. */
  async close(): Promise<void> {
    const violations = await this.page.evaluate(
      () => (globalThis as { violations?: string[] }).violations ?? [],
    )
    await this.#context.close()
    await this.server.close()
    assert.deepEqual(this.#faults, [], 'no errors on the console')
    assert.deepEqual(violations, [], 'the content security policy was kept')
  }

  async signIn(path = `/explore?project=${PROJECT}`): Promise<void> {
    await this.enter(path)
    await this.page.locator('.chart-total b').waitFor()
  }

  /** With the administrator's cookie: whoever comes by the link loads the page twice. */
  async enter(path: string): Promise<void> {
    const [pair = ''] = this.server.people.enterAsAdministrator().split(';')
    const [name = '', value = ''] = pair.split('=')
    await this.#context.addCookies([
      { name, value, url: this.url, httpOnly: true, sameSite: 'Strict' },
    ])
    await this.page.goto(`${this.url}${path}`)
  }

  /** Rows of the last minutes, before anything else happens. */
  fill(count: number, minutes = 10): void {
    const nowMs = Date.now()
    this.server.append(PROJECT, this.data.history(count, nowMs - minutes * 60_000, nowMs - 1000))
  }

  /** Rows of this moment, received one millisecond after the other. */
  arrive(count: number): Row[] {
    const rows = Array.from({ length: count }, () => {
      const nowMs = Date.now()
      this.#receivedMs = Math.max(this.#receivedMs + 1, nowMs)
      return this.data.row(nowMs, { delayMs: this.#receivedMs - nowMs })
    })
    this.server.append(PROJECT, rows)
    return rows
  }

  /** Ids of the rows in the document, from the top. */
  shownIds(): Promise<string[]> {
    return this.page
      .locator('.row')
      .evaluateAll(rows => rows.map(row => row.id.replace('row-', '')))
  }

  /** Total as the page tells it. */
  async total(): Promise<number> {
    return Number((await this.page.locator('.chart-total b').innerText()).replaceAll(',', ''))
  }

  /** Looks again with every picture until the check holds. */
  async eventually(check: () => Promise<void> | void): Promise<void> {
    const untilMs = Date.now() + WAIT_MS
    for (;;) {
      try {
        return await check()
      } catch (error) {
        if (Date.now() > untilMs) throw error
      }
      await this.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)))
    }
  }
}
