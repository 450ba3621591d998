/**
 * `node scripts/run.mjs ui/testing/page-bench.ts --data FOLDER [--project ID] [--only NAME,…]`: how
 * long Explore lets people wait over a data folder with many rows (a copy of one: a server runs on
 * it), queries aside; of all interactions, or of some. These are real keys and clicks in Chromium,
 * timed from the input to the picture behind it (Event Timing); for scrolling, what the main thread
 * works for each picture (trace), as on a machine without a GPU pictures wait for the compositor.
 */
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { ServerProcess } from '#actors/testing/server-process.ts'
import type { SearchReply } from '#proto/api.ts'
import { percentile } from '../../bench/lab/percentile.ts'
import { findChromium, launchBrowser } from './browser-bench.ts'
import { INTERACTIONS } from './page-interactions.ts'
import { framesOf, TRACED } from './trace-frames.ts'

const { values } = parseArgs({
  options: { data: { type: 'string' }, project: { type: 'string' }, only: { type: 'string' } },
})
if (values.data === undefined) throw new Error('--data FOLDER: a copy of a data folder')
const only = values.only?.split(',')
const chosen = INTERACTIONS.filter(({ name }) => only?.includes(name) ?? true)
/** What lies outside is never presented: an event there would end with a later picture. */
const WINDOW = '--window-size=1600,1200'
const SCROLL_MS = 10_000
const STEPS_PX = [120, 480, 1_500]
/** What Event Timing leaves out was quicker. */
const TOLD_MS_MIN = 16

interface Timed {
  readonly eventsMs: readonly number[]
  readonly longTasksMs: readonly number[]
}

declare global {
  interface Window {
    /** From the input to the picture behind it, by interaction. */
    benchEvents: Map<number, number>
    benchTasks: number[]
  }
}

/** Collects in the page what the browser measures of it. */
function observe(): void {
  window.benchEvents = new Map()
  window.benchTasks = []
  new PerformanceObserver(list => {
    for (const entry of list.getEntries() as PerformanceEventTiming[]) {
      const { interactionId } = entry as PerformanceEventTiming & { interactionId: number }
      if (interactionId === 0) continue
      const known = window.benchEvents.get(interactionId) ?? 0
      window.benchEvents.set(interactionId, Math.max(known, entry.duration))
    }
  }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) window.benchTasks.push(duration)
  }).observe({ type: 'longtask' })
}

/** `act` answers how many interactions it made. */
async function timed(page: Page, act: (page: Page) => Promise<number>): Promise<Timed> {
  await settled(page)
  await page.evaluate(() => {
    window.benchEvents.clear()
    window.benchTasks.length = 0
  })
  const made = await act(page)
  await settled(page)
  const [events, longTasksMs] = await page.evaluate(
    () => [[...window.benchEvents.values()], window.benchTasks] as const,
  )
  const quick = Math.max(0, made - events.length)
  return { eventsMs: [...events, ...Array<number>(quick).fill(TOLD_MS_MIN)], longTasksMs }
}

/** No question is under way, and what came of them is drawn and told. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(500)
}

async function scrolled(browser: Browser, page: Page, pixels: number): Promise<string> {
  await page.locator('.rows').evaluate(list => list.scrollTo(0, 0))
  await settled(page)
  const box = await page.locator('.rows').boundingBox()
  if (box === null) throw new Error('no list to scroll')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await browser.startTracing(page, { categories: TRACED })
  const begunMs = performance.now()
  while (performance.now() - begunMs < SCROLL_MS) await page.mouse.wheel(0, pixels)
  const seconds = (performance.now() - begunMs) / 1_000
  const frames = framesOf(JSON.parse((await browser.stopTracing()).toString()))
  const ms = (share: number): string => percentile(frames, share).toFixed(1)
  const over = frames.filter(each => each > 1_000 / 60).length
  const cells = [
    `${pixels} px a wheel`,
    frames.length,
    (frames.length / seconds).toFixed(1),
    ms(0.5),
    ms(0.95),
    ms(1),
    over,
  ]
  return `| ${cells.join(' | ')} |`
}

const executable = findChromium()
if (executable === null) throw new Error('NO CHROMIUM: set CHROMIUM_PATH or install it')
const server = new ServerProcess(values.data)
const origin = await server.ready()
const { adminToken } = server.note
const ask = async <Reply>(path: string, body?: object): Promise<Reply> => {
  const response = await fetch(`${origin}/api/v1/${path}`, {
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Reply
}
const browser = await launchBrowser(executable, [WINDOW])
try {
  const { projects } = await ask<{ projects: { id: string }[] }>('projects')
  const project = values.project ?? projects[0]?.id ?? ''
  const ends = { project, limit: 1, start_time: '1970-01-01T00:00:00Z', include: ['logs', 'total'] }
  const newest = await ask<SearchReply>('logs/search', ends)
  const oldest = await ask<SearchReply>('logs/search', { ...ends, order: 'asc' })
  const span = new URLSearchParams({
    project,
    from: String(oldest.logs[0]?.time),
    to: new Date(Date.parse(String(newest.logs[0]?.time)) + 1_000).toISOString(),
  })
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  await page.addInitScript(observe)
  await page.goto((await ask<{ url: string }>('sessions/tickets', {})).url)
  await page.locator('.top-bar').waitFor()
  const home = `${origin}/explore?${span}`
  const lines: string[] = []
  const all: number[] = []
  for (const { name, act } of chosen) {
    await page.goto(home)
    await page.locator('.row').first().waitFor()
    const { eventsMs, longTasksMs } = await timed(page, act)
    all.push(...eventsMs)
    lines.push(row(name, eventsMs, longTasksMs))
    process.stderr.write(`${lines.at(-1)}\n`)
  }
  lines.push(row('all of them', all, []))
  await page.goto(home)
  await page.locator('.row').first().waitFor()
  const frames: string[] = []
  for (const pixels of STEPS_PX) frames.push(await scrolled(browser, page, pixels))
  process.stdout.write(
    [
      `${newest.total} rows.`,
      '',
      '| interaction | count | p50 | p95 | longest | tasks over 50 ms | the longest |',
      '|---|---|---|---|---|---|---|',
      ...lines,
      '',
      '| scrolling | pictures | a second | main thread p50, ms | p95 | longest | over 16.7 ms |',
      '|---|---|---|---|---|---|---|',
      ...frames,
      '',
      `Errors on the page: ${faults.length === 0 ? 'none' : faults.join('; ')}.`,
      '',
    ].join('\n'),
  )
} finally {
  await browser.close()
  await server.stop()
}

function row(name: string, eventsMs: readonly number[], tasksMs: readonly number[]): string {
  const ms = (share: number): string => `${Math.round(percentile(eventsMs, share))} ms`
  const longest = tasksMs.length === 0 ? '-' : `${Math.round(Math.max(...tasksMs))} ms`
  const cells = [name, eventsMs.length, ms(0.5), ms(0.95), ms(1), tasksMs.length, longest]
  return `| ${cells.join(' | ')} |`
}
