/**
 * From a log to the firing that it decides, open loop: requests leave at intended times, each with
 * a group of its own, beside a thousand rules and a steady stream, and a socket tells the firings.
 */
import WebSocket from 'ws'
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
const LAST_MS = 3_000

export async function measureFiring(
  server: LabEntry,
  keys: ProjectKeys,
  load: FiringLoad,
): Promise<Result> {
  const probing = { name: 'probe', query: 'service:probe', condition: '> 0', by: ['n'] }
  const rules = [...Array.from({ length: load.rules }, (_, n) => benchRule(n)), probing]
  const text = JSON.stringify({ rules })
  await server.call('POST', '/api/v1/alerts/rules/import', { project: keys.id, text })
  const told = new Map<string, number>()
  const socket = await openAlerts(server, keys, n => told.set(n, performance.now()))
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
  const latencies = intended.map((ms, n) => (told.get(String(n)) ?? Number.POSITIVE_INFINITY) - ms)
  const p50 = percentile(latencies, 0.5).toFixed(0)
  return {
    what: `log to firing, p99 beside ${load.rules} rules and ${load.rate} logs/s`,
    value: percentile(latencies, 0.99),
    unit: 'ms',
    better: 'less',
    goal: 500,
    floor: 1_000,
    note: `${told.size} of ${load.probes} fired, p50 ${p50} ms`,
  }
}

async function probe(server: LabEntry, keys: ProjectKeys, n: number): Promise<void> {
  const response = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.ingest}` },
    body: JSON.stringify({ service: 'probe', message: 'something is wrong', n: String(n) }),
  })
  await response.text()
  if (!response.ok) throw new Error(`probe: ${response.status}`)
}

interface AlertFrame {
  readonly type: string
  readonly alert?: { readonly to: string; readonly group: Readonly<Record<string, string>> }
}

function openAlerts(
  server: LabEntry,
  keys: ProjectKeys,
  fired: (n: string) => void,
): Promise<WebSocket> {
  const url = `${server.url.replace(/^http/, 'ws')}/api/v1/tail?kind=alerts&project=${keys.id}`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${keys.read}` } })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', data => {
      const { type, alert } = JSON.parse((data as Buffer).toString()) as AlertFrame
      if (type === 'hello') resolve(socket)
      const n = alert?.group['n']
      if (alert?.to === 'firing' && n !== undefined) fired(n)
    })
  })
}
