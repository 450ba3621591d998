/**
 * From a log to its firings, that which it decides and that which the clock does, open loop:
 * requests leave at intended times, each with a group of its own, beside many rules and a steady
 * stream, and a socket tells the firings.
 */
import WebSocket from 'ws'
import type { AlertTailFrame } from '#proto/tail.ts'
import { benchRule } from '../alerts.bench.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import { PacedSender } from './paced-sender.ts'
import { pause } from './pause.ts'
import { percentile } from './percentile.ts'
import type { Result } from './table.ts'

export interface FiringLoad {
  readonly rules: number
  /** Logs a second beside the probes. */
  readonly rate: number
  readonly probes: number
}

const PROBE_EVERY_MS = 50
const BATCH_ROWS = 200
const WARM_UP_MS = 3_000
const LAST_MS = 6_000
const SLIDE_MS = 1_000
const LATENESS_MS = 2_000
const PROBE = { query: 'service:probe', by: ['n'], window: '10s', lateness: '2s' }
/** Decided by the row itself, and by the clock, when nothing more can come into the window. */
const PROBING = [
  { ...PROBE, name: 'arrived', condition: '> 0' },
  { ...PROBE, name: 'closed', aggregate: 'avg(ms)', condition: '> 0' },
] as const
type Probing = (typeof PROBING)[number]['name']

export async function measureFiring(
  server: LabEntry,
  keys: ProjectKeys,
  load: FiringLoad,
): Promise<Result[]> {
  const rules = [...Array.from({ length: load.rules }, (_, n) => benchRule(n)), ...PROBING]
  const text = JSON.stringify({ rules })
  await server.call('POST', '/api/v1/alerts/rules/import', { project: keys.id, text })
  const told = { arrived: new Map<string, number>(), closed: new Map<string, number>() }
  const socket = await openAlerts(server, keys, (rule, n) => {
    told[rule].set(n, performance.now())
  })
  const stream = await PacedSender.open(server, keys, {
    rowsPerSecond: load.rate,
    batchRows: BATCH_ROWS,
    isLive: true,
  })
  let isOver = false
  const streaming = stream.run(() => isOver)
  await pause(WARM_UP_MS)
  const begunMs = performance.now()
  const sent = Array.from({ length: load.probes }, async (_, n) => {
    const intendedMs = begunMs + n * PROBE_EVERY_MS
    await pause(intendedMs - performance.now())
    await probe(server, keys, n)
    return intendedMs
  })
  const intended = await Promise.all(sent)
  await pause(LAST_MS)
  isOver = true
  await streaming
  stream.close()
  socket.close()
  const beside = `beside ${load.rules} rules and ${load.rate} logs/s`
  const result = (what: string, rule: Probing, goal: number | null, floor: number): Result => {
    const since = (ms: number, n: number) => (told[rule].get(String(n)) ?? Infinity) - ms
    const latencies = intended.map(since)
    return {
      what: `${what}, p99 ${beside}`,
      value: percentile(latencies, 0.99),
      unit: 'ms',
      better: 'less',
      goal,
      floor,
      note: `${told[rule].size} of ${load.probes} fired, p50 ${percentile(latencies, 0.5).toFixed(0)} ms`,
    }
  }
  const byClock = `log to firing by the clock, slide ${SLIDE_MS} and lateness ${LATENESS_MS} ms`
  return [
    result('log to firing', 'arrived', 500, 1_000),
    result(byClock, 'closed', null, SLIDE_MS + LATENESS_MS),
  ]
}

async function probe(server: LabEntry, keys: ProjectKeys, n: number): Promise<void> {
  const response = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.ingest}` },
    body: JSON.stringify({ service: 'probe', message: 'something is wrong', n: String(n), ms: 1 }),
  })
  await response.text()
  if (!response.ok) throw new Error(`probe: ${response.status}`)
}

type Fired = (rule: Probing, n: string) => void

function openAlerts(server: LabEntry, keys: ProjectKeys, fired: Fired): Promise<WebSocket> {
  const url = `${server.url.replace(/^http/, 'ws')}/api/v1/tail?kind=alerts&project=${keys.id}`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${keys.read}` } })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', data => {
      const frame = JSON.parse((data as Buffer).toString()) as AlertTailFrame
      if (frame.type === 'hello') resolve(socket)
      if (frame.type !== 'alert' || frame.alert.to !== 'firing') return
      const { rule, group } = frame.alert
      const probed = PROBING.find(({ name }) => name === rule)
      if (probed !== undefined) fired(probed.name, String(group['n']))
    })
  })
}
