/**
 * `node ui/testing/long-list-bench.ts [ROWS]`: scrolls Explore to the end of a list of a million
 * rows and through it, and prints how pictures follow each other and what the page holds.
 */
import type { Page } from 'playwright-core'
import { buildPage, findChromium, launchBrowser, Visit } from './browser-bench.ts'
import { LongList } from './long-list.ts'

const ROWS = Number(process.argv[2] ?? 1_000_000)
const SCROLL_MS = 10_000

interface Pictures {
  readonly count: number
  readonly perSecond: number
  readonly p95Ms: number
  readonly longestMs: number
  /** Of the page's main thread for a picture: script, style and layout. */
  readonly workMs: number
}

/** Moves the list by `pixels` with every picture. */
async function scrolled(page: Page, pixels: number): Promise<Pictures> {
  const before = await workedMs(page)
  const told = await pictures(page, pixels)
  return { ...told, workMs: ((await workedMs(page)) - before) / told.count }
}

async function workedMs(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const { metrics } = await session.send('Performance.getMetrics')
  await session.detach()
  const of = (name: string): number => metrics.find(each => each.name === name)?.value ?? 0
  return (of('ScriptDuration') + of('RecalcStyleDuration') + of('LayoutDuration')) * 1000
}

function pictures(page: Page, pixels: number): Promise<Omit<Pictures, 'workMs'>> {
  return page.locator('.rows').evaluate(
    (list, [step = 0, lastsMs = 0]) =>
      new Promise<Omit<Pictures, 'workMs'>>(resolve => {
        const gaps: number[] = []
        const begun = performance.now()
        let before = begun
        const next = (now: number): void => {
          gaps.push(now - before)
          before = now
          list.scrollBy(0, step)
          if (now - begun < lastsMs) {
            requestAnimationFrame(next)
            return
          }
          const sorted = gaps.slice(1).toSorted((a, b) => a - b)
          resolve({
            count: sorted.length,
            perSecond: (sorted.length * 1000) / (now - begun),
            p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
            longestMs: sorted.at(-1) ?? 0,
          })
        }
        requestAnimationFrame(next)
      }),
    [pixels, SCROLL_MS],
  )
}

async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

const chromium = findChromium()
if (chromium === null) throw new Error('NO CHROMIUM: set CHROMIUM_PATH or install it')
const built = await buildPage()
const browser = await launchBrowser(chromium)
const visit = await Visit.open(browser, built.folder)
try {
  const { page, server } = visit
  server.longList = new LongList(ROWS)
  await visit.signIn()
  await page.locator('.row').first().waitFor()
  const heapAtFirst = await heapBytes(page)
  const begunMs = performance.now()
  await page.locator('.rows').evaluate(
    list =>
      new Promise<void>(resolve => {
        const next = (): void => {
          list.scrollTo(0, list.scrollHeight)
          const footer = document.querySelector('.rows-footer')?.textContent ?? ''
          if (/all of this range|are shown/.test(footer)) resolve()
          else requestAnimationFrame(next)
        }
        next()
      }),
  )
  const loadedMs = performance.now() - begunMs
  const rows = await page.locator('.rows-grid').getAttribute('aria-rowcount')
  const heapAtEnd = await heapBytes(page)
  const still = await scrolled(page, 0)
  const up = await scrolled(page, -120)
  const fast = await scrolled(page, -1_500)
  const heapAfter = await heapBytes(page)
  const told = { rows: Number(rows), loadedMs, heapAtFirst, heapAtEnd, heapAfter, still, up, fast }
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
} finally {
  await visit.close()
  await browser.close()
  built.remove()
}
