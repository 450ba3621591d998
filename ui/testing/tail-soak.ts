/**
 * `node scripts/run.mjs ui/testing/tail-soak.ts [--minutes 30] [--rate 5000]`: a real server, a
 * sender at a steady rate, and Explore that follows live in Chromium. Prints what the page holds as
 * time goes by, after its garbage was collected, and what it grew by.
 */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Page } from 'playwright-core'
import { ServerProcess } from '#actors/testing/server-process.ts'
import { callAt, type ProjectKeys } from '../../bench/lab/entry.ts'
import { findChromium, launchBrowser } from './browser-bench.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '5000' },
  },
})
const minutes = Number(values.minutes)
const rowsPerSecond = Number(values.rate)
const BATCH_ROWS = 100
const MINUTE_MS = 60_000
/** Code is compiled and caches fill; what grows then is no leak. */
const WARM_UP_MINUTES = 2
const MIB = 2 ** 20

interface Sample {
  readonly minute: number
  readonly heapBytes: number
  readonly nodes: number
  readonly listeners: number
  /** Of the process that shows the page. */
  readonly residentBytes: number
  /** As the page tells them. */
  readonly rate: string
  readonly rows: number
  readonly notices: string
}

const executable = findChromium()
if (executable === null) throw new Error('NO CHROMIUM: set CHROMIUM_PATH or install it')
const folder = mkdtempSync(join(tmpdir(), 'logboy-soak-'))
const server = new ServerProcess(folder)
const origin = await server.ready()
const { grpc: grpcUrl, adminToken: token } = server.note
const post = (path: string, body: object) =>
  callAt(origin, { method: 'POST', path: `/api/v1/${path}`, body, token })
const browser = await launchBrowser(executable)
try {
  const { id = '', ingest_key: ingest = '' } = await post('projects', { name: 'soak' })
  const keys: ProjectKeys = { id, ingest, read: '' }
  const page = await (await browser.newContext()).newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  await page.goto(String((await post('sessions/tickets', {}))['url']))
  await page.locator('.top-bar').waitFor()
  await page.goto(`${origin}/explore?project=${id}&last=15m&live=1`)
  await page.locator('.live-status').waitFor()
  const sender = new Worker(new URL('../../bench/lab/sender-thread.ts', import.meta.url), {
    workerData: {
      grpcUrl,
      keys,
      pace: { rowsPerSecond, batchRows: BATCH_ROWS, isLive: true },
    },
  })
  await once(sender, 'message')
  const samples = await follow(page)
  const reported = once(sender, 'message')
  sender.postMessage('over')
  const [{ rows, seconds }] = (await reported) as [{ rows: number; seconds: number }]
  print(samples, { rows, seconds, faults })
} finally {
  await browser.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function follow(page: Page): Promise<Sample[]> {
  const session = await page.context().newCDPSession(page)
  const renderer = rendererPid()
  const begunMs = performance.now()
  const samples: Sample[] = []
  for (let minute = 0; minute <= minutes; minute++) {
    await page.waitForTimeout(Math.max(0, begunMs + minute * MINUTE_MS - performance.now()))
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
    const told = await page.evaluate(() => {
      const text = (at: string): string => document.querySelector(at)?.textContent?.trim() ?? ''
      return {
        rate: text('.live-status .live-rate'),
        notices: text('.notice span'),
        rows: Number(document.querySelector('.rows-grid')?.getAttribute('aria-rowcount') ?? 0),
      }
    })
    const sample: Sample = {
      minute,
      heapBytes: usedSize,
      nodes,
      listeners: jsEventListeners,
      residentBytes: residentBytes(renderer),
      ...told,
    }
    samples.push(sample)
    process.stderr.write(`${line(sample)}\n`)
  }
  return samples
}

/** The one process of the browser that shows a page. */
function rendererPid(): number {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const mine = all.filter(pid => isRenderer(pid) && descends(pid, process.pid))
  return Number(mine.toSorted((a, b) => residentBytes(Number(b)) - residentBytes(Number(a)))[0])
}

function isRenderer(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')
  } catch {
    return false
  }
}

function descends(pid: string, from: number): boolean {
  const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return Number(parent) === from || (parent !== '0' && descends(parent, from))
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024
}

function line({ minute, heapBytes, nodes, listeners, residentBytes, ...told }: Sample): string {
  const cells = [
    minute,
    (heapBytes / MIB).toFixed(1),
    nodes,
    listeners,
    Math.round(residentBytes / MIB),
    told.rows,
    told.rate,
    told.notices,
  ]
  return `| ${cells.join(' | ')} |`
}

interface Whole {
  readonly rows: number
  readonly seconds: number
  readonly faults: readonly string[]
}

function print(samples: readonly Sample[], { rows, seconds, faults }: Whole): void {
  const settled = samples.filter(({ minute }) => minute >= WARM_UP_MINUTES)
  const growth = slope(settled.map(({ minute, heapBytes }) => [minute, heapBytes / 1024]))
  const head =
    '| minute | heap MiB | nodes | listeners | resident MiB | rows held | rate | notices |'
  process.stdout.write(
    [
      head,
      head.replaceAll(/[^|]+/g, '---'),
      ...samples.map(line),
      '',
      `Sent ${rows} rows in ${Math.round(seconds)} s, ${Math.round(rows / seconds)} a second.`,
      `The heap grew by ${growth.toFixed(1)} KiB a minute (least squares from minute ${WARM_UP_MINUTES}).`,
      `Errors on the page: ${faults.length === 0 ? 'none' : faults.join('; ')}.`,
      '',
    ].join('\n'),
  )
}

/** Of the straight line through points. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, p) => sum + p[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0)
  return over / points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0)
}
