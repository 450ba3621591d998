/**
 * Latencies at a steady rate, open loop: every log has an intended time, and what counts runs from
 * there, so that a stall is not hidden by a sender that waits.
 */
import { createLogger } from '@logboy/sdk'
import WebSocket from 'ws'
import type { SearchReply } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import { pause } from './pause.ts'
import { percentile } from './percentile.ts'
import type { Result } from './table.ts'

const TICK_MS = 10
/** One HTTP request of so many records each, whose answer is an acknowledgement. */
const PROBE_EVERY_MS = 50

/** Goal and floor, ms. */
type Bound = readonly [goal: number, floor: number]
type Bounds = Readonly<Record<'tail' | 'acknowledged' | 'searchable', Bound>> & {
  /** Until what was just started has compiled what it runs. */
  readonly warmUpMs: number
  /** Between two looks for a probe: searching all the time would measure the searches. */
  readonly lookMs: number
}

const EMBEDDED: Bounds = {
  warmUpMs: 3_000,
  lookMs: 5,
  tail: [50, 100],
  acknowledged: [20, 50],
  searchable: [500, 1_000],
}
export const SCALED: Bounds = {
  // Four processes and what they log to share the cores: that takes each of them ten times as long.
  warmUpMs: 30_000,
  lookMs: 100,
  tail: [100, 250],
  acknowledged: [50, 100],
  searchable: [1_500, 3_000],
}

export interface LatencyOptions {
  readonly rate: number
  readonly seconds: number
  readonly bounds?: Bounds
}

export async function measureLatency(
  server: LabEntry,
  keys: ProjectKeys,
  { rate, seconds, bounds = EMBEDDED }: LatencyOptions,
): Promise<Result[]> {
  const tail: number[] = []
  const socket = await openTail(server, keys, (sentMs, nowMs) => tail.push(nowMs - sentMs))
  const logger = createLogger({
    url: server.url,
    grpcUrl: server.grpcUrl,
    key: keys.ingest,
    service: 'latency',
  })
  const begun = performance.now()
  const acks: number[] = []
  const searchable: number[] = []
  const probes: Promise<void>[] = []
  let written = 0
  const { warmUpMs, lookMs } = bounds
  let nextProbe = warmUpMs
  for (let elapsed = 0; elapsed < warmUpMs + seconds * 1000; elapsed = performance.now() - begun) {
    for (; written < (rate * elapsed) / 1000; written++) {
      const intended = performance.timeOrigin + begun + (written * 1000) / rate
      const measured = elapsed > warmUpMs && written % 100 === 0
      logger.info('a log of about this length, as most are', {
        n: written,
        ...(measured ? { sent: intended } : {}),
      })
    }
    if (elapsed >= nextProbe) {
      probes.push(probe({ server, keys, lookMs }, written, acks, searchable))
      nextProbe += PROBE_EVERY_MS
    }
    await new Promise(resolve => setTimeout(resolve, TICK_MS))
  }
  await logger.close(10_000)
  await Promise.all(probes)
  await new Promise(resolve => setTimeout(resolve, 500))
  socket.close()
  const at = `${rate} logs/s`
  const result = (what: string, samples: number[], [goal, floor]: Bound): Result => ({
    what: `${what}, p99 at ${at}`,
    value: percentile(samples, 0.99),
    unit: 'ms',
    better: 'less',
    goal,
    floor,
    note: `${samples.length} samples, p50 ${percentile(samples, 0.5).toFixed(1)} ms`,
  })
  return [
    result('SDK call to tail socket', tail, bounds.tail),
    result('acknowledgement', acks, bounds.acknowledged),
    result('searchable after acknowledgement', searchable, bounds.searchable),
  ]
}

interface ProbeTools {
  readonly server: LabEntry
  readonly keys: ProjectKeys
  readonly lookMs: number
}

/** Time from request to answer, and from answer until a search finds it. */
async function probe(
  { server, keys, lookMs }: ProbeTools,
  number: number,
  acks: number[],
  searchable: number[],
): Promise<void> {
  const word = `probe${number}x${acks.length}`
  const begun = performance.now()
  const response = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.ingest}` },
    body: JSON.stringify({ service: 'probe', message: word }),
  })
  await response.text()
  if (!response.ok) throw new Error(`probe: ${response.status}`)
  const acknowledged = performance.now()
  acks.push(acknowledged - begun)
  // Searching with every probe would measure the searches.
  if (acks.length % 10 !== 0) return
  for (;;) {
    const body = { query: word, limit: 1, include: ['logs'] }
    const reply: unknown = await server.call('POST', '/api/v1/logs/search', body, keys.read)
    if ((reply as SearchReply).logs.length > 0) break
    await pause(lookMs)
  }
  searchable.push(performance.now() - acknowledged)
}

function openTail(
  server: LabEntry,
  keys: ProjectKeys,
  seen: (sentMs: number, nowMs: number) => void,
): Promise<WebSocket> {
  const url = `${server.url.replace(/^http/, 'ws')}/api/v1/tail?query=service:latency`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${keys.read}` } })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', data => {
      const nowMs = performance.timeOrigin + performance.now()
      const frame = JSON.parse((data as Buffer).toString()) as TailFrame
      if (frame.type === 'hello') resolve(socket)
      if (frame.type !== 'rows') return
      for (const { attributes } of frame.rows) {
        const sent = attributes['sent']
        if (typeof sent === 'number') seen(sent, nowMs)
      }
    })
  })
}
