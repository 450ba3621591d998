/** A crowd of tails on one steady stream, and what a few that stall cost the others. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { createLogger, type Logger } from '@logboy/sdk'
import WebSocket from 'ws'
import type { TailFrame } from '#proto/tail.ts'
import type { ProjectKeys } from './entry.ts'
import { pause } from './pause.ts'
import { percentile } from './percentile.ts'
import type { LabServer } from './server.ts'
import type { Result } from './table.ts'
import type { TailCrowdOptions, TailCrowdReport } from './tail-crowd-thread.ts'

export interface CrowdOptions {
  readonly sockets: number
  readonly rate: number
  readonly seconds: number
  /** Sockets that stop reading, for the second half. */
  readonly stalled: number
}

/** Each socket follows one of so many parts of the stream. */
const SHARDS = 10
/** Of the sockets, those whose frames are read and timed. */
const TIMED = SHARDS
const TICK_MS = 10
const SETTLE_MS = 3_000

export async function measureCrowd(
  server: LabServer,
  keys: ProjectKeys,
  options: CrowdOptions,
): Promise<Result[]> {
  const crowd = await openCrowd(server, keys, {
    queries: Array.from({ length: options.sockets - TIMED }, (_, n) => queryOf(n)),
    stalled: false,
  })
  const timed = await Promise.all(
    Array.from({ length: TIMED }, (_, n) => openTimed(server, keys, n)),
  )
  const stream = new Stream(server, keys, options.rate)
  await pause(SETTLE_MS)
  const calm = await watch(server, crowd, timed, options)
  const stalled = await openCrowd(server, keys, {
    queries: Array.from({ length: options.stalled }, () => ''),
    stalled: true,
  })
  await pause(SETTLE_MS)
  const stalling = await watch(server, crowd, timed, options)
  const waiting = await waitingBytes(server, options.stalled)
  await stream.stop()
  for (const socket of timed) socket.close()
  await Promise.all([crowd.end(), stalled.end()])
  return resultsOf(options, { calm, stalling, waiting })
}

interface Watched {
  readonly cpuSeconds: number
  readonly bytes: number
  readonly delivered: number
  readonly dropped: number
  readonly latencies: readonly number[]
}

async function watch(
  server: LabServer,
  crowd: Crowd,
  timed: readonly TimedTail[],
  { seconds, sockets }: CrowdOptions,
): Promise<Watched> {
  const [before, cpuBefore] = [await crowd.report(), server.usage().cpuSeconds]
  for (const tail of timed) tail.reset()
  await pause(seconds * 1_000)
  const [after, cpuAfter] = [await crowd.report(), server.usage().cpuSeconds]
  if (after.closed > 0) throw new Error(`${after.closed} sockets were closed`)
  const sum = (of: (tail: TimedTail) => number): number =>
    timed.reduce((total, tail) => total + of(tail), 0)
  return {
    cpuSeconds: (cpuAfter - cpuBefore) / seconds,
    bytes: (after.bytes - before.bytes) / seconds,
    // The timed ones stand for all: each shard has as many.
    delivered: (sum(tail => tail.rows) / timed.length) * (sockets / seconds),
    dropped: sum(tail => tail.dropped),
    latencies: timed.flatMap(({ latencies }) => latencies),
  }
}

function resultsOf(
  { sockets, rate, stalled }: CrowdOptions,
  { calm, stalling, waiting }: { calm: Watched; stalling: Watched; waiting: number },
): Result[] {
  const at = `${sockets} tail sockets on ${rate} logs/s`
  const note = ({ latencies, dropped }: Watched): string =>
    `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, ${dropped} rows dropped in ${TIMED} sockets`
  const plain = { better: 'less', unit: 'ms', goal: 100, floor: 500 } as const
  return [
    {
      what: `${at}, each a tenth of it: rows delivered per CPU-second of the server`,
      value: calm.delivered / calm.cpuSeconds,
      unit: 'rows/CPU-s',
      better: 'more',
      goal: 1_000_000,
      floor: 200_000,
      note: `${Math.round(calm.delivered)} rows/s, ${Math.round(calm.bytes / 2 ** 20)} MiB/s`,
    },
    {
      ...plain,
      what: `${at}: SDK call to socket, p99`,
      value: percentile(calm.latencies, 0.99),
      note: note(calm),
    },
    {
      ...plain,
      what: `the same while ${stalled} more sockets stall`,
      value: percentile(stalling.latencies, 0.99),
      note: note(stalling),
    },
    {
      what: 'memory that a stalled socket holds in the server',
      value: waiting / 2 ** 20,
      unit: 'MiB',
      better: 'less',
      goal: 1,
      floor: null,
      note: `rows that wait and bytes in the socket, mean of ${stalled}`,
    },
  ]
}

function queryOf(n: number): string {
  return `shard:${n % SHARDS}`
}

/** An open loop: every log has its time, whatever the one before took. */
class Stream {
  readonly #logger: Logger
  readonly #rate: number
  readonly #begun = performance.now()
  readonly #timer: NodeJS.Timeout
  #written = 0

  constructor(server: LabServer, keys: ProjectKeys, rate: number) {
    this.#rate = rate
    const { url, grpcUrl } = server
    this.#logger = createLogger({ url, grpcUrl, key: keys.ingest, service: 'crowd' })
    this.#timer = setInterval(() => this.#write(), TICK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#logger.close(10_000)
  }

  #write(): void {
    const due = ((performance.now() - this.#begun) * this.#rate) / 1_000
    for (; this.#written < due; this.#written++) {
      const n = this.#written
      const sent = performance.timeOrigin + this.#begun + (n * 1_000) / this.#rate
      this.#logger.info('a log of about this length, as most are', { n, shard: n % SHARDS, sent })
    }
  }
}

/** A tail whose frames are read. */
class TimedTail {
  rows = 0
  dropped = 0
  latencies: number[] = []
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => {
      const nowMs = performance.timeOrigin + performance.now()
      const frame = JSON.parse((data as Buffer).toString()) as TailFrame
      if (frame.type === 'dropped') this.dropped += frame.count
      if (frame.type !== 'rows') return
      this.rows += frame.rows.length
      const sent = frame.rows[0]?.attributes['sent']
      if (typeof sent === 'number') this.latencies.push(nowMs - sent)
    })
  }

  reset(): void {
    this.rows = 0
    this.dropped = 0
    this.latencies = []
  }

  close(): void {
    this.#socket.terminate()
  }
}

async function openTimed(server: LabServer, keys: ProjectKeys, n: number): Promise<TimedTail> {
  const query = encodeURIComponent(queryOf(n))
  const url = `${server.url.replace(/^http/, 'ws')}/api/v1/tail?query=${query}`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${keys.read}` } })
  await once(socket, 'open')
  return new TimedTail(socket)
}

interface Crowd {
  report(): Promise<TailCrowdReport>
  end(): Promise<unknown>
}

async function openCrowd(
  server: LabServer,
  keys: ProjectKeys,
  options: Pick<TailCrowdOptions, 'queries' | 'stalled'>,
): Promise<Crowd> {
  const port = Number(new URL(server.url).port)
  const worker = new Worker(new URL('tail-crowd-thread.ts', import.meta.url), {
    workerData: { port, key: keys.read, ...options },
  })
  await once(worker, 'message')
  return {
    async report() {
      worker.postMessage('report')
      const [report] = (await once(worker, 'message')) as [TailCrowdReport]
      return report
    },
    end: () => worker.terminate(),
  }
}

interface Observed {
  readonly actors: readonly {
    readonly name: string
    readonly observed: { readonly sockets?: Record<string, Waiting> }
  }[]
}

interface Waiting {
  /** Rows that may still be dropped, and what the socket holds already. */
  readonly waitingBytes: number
  readonly socketBytes: number
}

/** What waits for the slowest readers, on average. */
async function waitingBytes(server: LabServer, slowest: number): Promise<number> {
  const observed: unknown = await server.call('GET', '/api/v1/system/actors')
  const { actors } = observed as Observed
  const sockets = actors.find(({ name }) => name === 'tail')?.observed.sockets ?? {}
  const all = Object.values(sockets).map(it => it.waitingBytes + it.socketBytes)
  const most = all.toSorted((x, y) => y - x).slice(0, slowest)
  return most.reduce((sum, bytes) => sum + bytes, 0) / slowest
}
