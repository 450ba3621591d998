/**
 * What a log costs the application, without and with a disk spool, against buffered pino:
 * `node bench/sdk.bench.ts [calls]`. Calls come in bursts with turns of the event loop between them,
 * as an application makes them; the server is a process of its own that only acknowledges.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { systemClock } from '../sdk/clock.ts'
import { createLogger } from '../sdk/index.ts'
import { MetricRegistry } from '../sdk/metrics.ts'
import { startStreamSink } from './lab/stream-sink.ts'
import { machine, markdownTable, type Result } from './lab/table.ts'

export interface SdkCost {
  /** Nanoseconds of the calling thread within a call. */
  readonly callNs: number
  /** Nanoseconds of all threads per record, until it is sent. */
  readonly cpuNs: number
  readonly records: number
}

export interface SdkMeasured {
  readonly pino: SdkCost
  readonly sdk: SdkCost
  /** The SDK with a disk spool. */
  readonly spool: SdkCost
  readonly metrics: MetricCost
  /** Records by both. */
  readonly acknowledged: number
}

export interface MetricCost {
  /** Nanoseconds of a call with one label, of a histogram's with two. */
  readonly addNs: number
  readonly recordNs: number
  /** Of the calling thread, for each point, when the points of an interval are made and sealed. */
  readonly pointNs: number
}

const BURST = 200
const ROUNDS = 5
const PINO_BUFFER_BYTES = 4_096
const METHODS = ['GET', 'POST', 'PUT', 'DELETE']
const PATHS = ['/orders', '/cart', '/login']
const METRIC_SERIES = 1_000

type Log = (attributes: object, message: string) => void

/** Measures all in turn, several times, and answers the medians. */
export async function benchSdk(calls: number): Promise<SdkMeasured> {
  const sink = await startStreamSink()
  const options = { url: sink.url, key: 'lb_bench_bench', service: 'bench' }
  const log = createLogger(options)
  const folder = mkdtempSync(join(tmpdir(), 'logboy-spool-'))
  const spooled = createLogger({ ...options, spool: { folder } })
  const file = pino.destination({ dest: '/dev/null', minLength: PINO_BUFFER_BYTES, sync: false })
  const other = pino({ base: { service: 'bench', host: 'bench' } }, file)
  const costs: Record<'pino' | 'sdk' | 'spool', SdkCost[]> = { pino: [], sdk: [], spool: [] }
  for (let round = 0; round <= ROUNDS; round++) {
    const ofPino = await measure(
      calls,
      (a, m) => other.info(a, m),
      async () => file.flushSync(),
    )
    const ofSdk = await measure(
      calls,
      (a, m) => log.info(a, m),
      () => log.flush(60_000),
    )
    const ofSpool = await measure(
      calls,
      (a, m) => spooled.info(a, m),
      () => spooled.flush(60_000),
    )
    // The first round is for the compiler.
    if (round === 0) continue
    costs.pino.push(ofPino)
    costs.sdk.push(ofSdk)
    costs.spool.push(ofSpool)
  }
  const acknowledged = log.stats().acknowledged + spooled.stats().acknowledged
  const metrics = measureMetrics(calls)
  await Promise.all([log.close(), spooled.close()])
  sink.close()
  rmSync(folder, { recursive: true })
  const [ofPino, ofSdk, ofSpool] = [median(costs.pino), median(costs.sdk), median(costs.spool)]
  return { pino: ofPino, sdk: ofSdk, spool: ofSpool, metrics, acknowledged }
}

/** Labels are made anew for each call, as an application does. */
function measureMetrics(calls: number): MetricCost {
  const registry = new MetricRegistry({
    clock: systemClock,
    batch: { sdkName: 'bench', sdkVersion: '' },
    service: 'bench',
    host: 'bench',
    intervalMs: 3_600_000,
    seriesMax: 2 * METRIC_SERIES,
    hasRoom: () => true,
    push: () => undefined,
    trouble: message => assert.fail(message),
  })
  const orders = registry.counter('orders')
  const took = registry.histogram('took', { unit: 'ms' })
  const users = registry.counter('users')
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const addNs = timed(calls, i => orders.add(1, { path: PATHS[i % PATHS.length] }))
    const recordNs = timed(calls, i =>
      took.record((i % 9_770) / 10, { method: METHODS[i % METHODS.length], path: '/orders' }),
    )
    for (let i = 0; i < METRIC_SERIES; i++) users.add(1, { user: i, path: '/orders' })
    const pointNs = timed(1, () => registry.collect()) / METRIC_SERIES
    return { addNs, recordNs, pointNs }
  })
  registry.close()
  const middle = (of: (cost: MetricCost) => number): number => middleOf(rounds.slice(1).map(of))
  return {
    addNs: middle(cost => cost.addNs),
    recordNs: middle(cost => cost.recordNs),
    pointNs: middle(cost => cost.pointNs),
  }
}

/** Nanoseconds of CPU of one call: what others do on the machine meanwhile is not ours. */
function timed(calls: number, call: (i: number) => void): number {
  const from = process.cpuUsage()
  for (let i = 0; i < calls; i++) call(i)
  const { user, system } = process.cpuUsage(from)
  return ((user + system) * 1_000) / calls
}

async function measure(calls: number, log: Log, flush: () => Promise<unknown>): Promise<SdkCost> {
  const started = process.cpuUsage()
  let inCallsMs = 0
  let makingMs = 0
  for (let done = 0; done < calls; done += BURST) {
    const making = performance.now()
    const records = Array.from({ length: BURST }, (_, i) => recordOf(done + i))
    const from = performance.now()
    for (const { attributes, message } of records) log(attributes, message)
    inCallsMs += performance.now() - from
    makingMs += from - making
    await new Promise(resolve => setImmediate(resolve))
  }
  await flush()
  const { user, system } = process.cpuUsage(started)
  const cpuNs = ((user + system) * 1_000 - makingMs * 1e6) / calls
  return { callNs: (inCallsMs * 1e6) / calls, cpuNs, records: calls }
}

/** A message with five attributes, of which some repeat and some never do. */
function recordOf(i: number): { attributes: object; message: string } {
  const attributes = {
    user_id: `u${String(i % 5_000).padStart(6, '0')}`,
    duration_ms: (i % 9_770) / 10,
    status: i % 50 === 0 ? 500 : 200,
    method: METHODS[i % METHODS.length],
    path: `/api/v1/orders/${i}`,
  }
  return { attributes, message: `Payment completed for order order_${i} in ${i % 977} ms` }
}

function median(costs: readonly SdkCost[]): SdkCost {
  const middle = (of: (cost: SdkCost) => number): number => middleOf(costs.map(of))
  return {
    callNs: middle(cost => cost.callNs),
    cpuNs: middle(cost => cost.cpuNs),
    records: middle(cost => cost.records),
  }
}

function middleOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

/** The rows of the table of bench/README.md. */
export function sdkResults({ pino: theirs, sdk, spool, metrics }: SdkMeasured): Result[] {
  return [
    ...resultsOf('SDK', sdk, theirs),
    ...resultsOf('SDK with a disk spool', spool, theirs),
    resultOfMetrics(metrics),
  ]
}

function resultOfMetrics({ addNs, recordNs, pointNs }: MetricCost): Result {
  const note =
    `histogram with two labels ${Math.round(recordNs)} ns; ` +
    `${(pointNs / 1_000).toFixed(1)} us for each point of an interval of ${METRIC_SERIES}`
  return {
    what: 'SDK: a counter with one label, a call',
    value: addNs,
    unit: 'ns',
    better: 'less',
    goal: 50,
    floor: 100,
    note,
  }
}

function resultsOf(name: string, ours: SdkCost, theirs: SdkCost): Result[] {
  const note = (mine: number, other: number): string =>
    `${Math.round(mine)} ns, pino ${Math.round(other)} ns`
  return [
    {
      what: `${name}: calling thread's time per call, against buffered pino`,
      value: ours.callNs / theirs.callNs,
      unit: '×',
      better: 'less',
      goal: 0.7,
      floor: 1,
      note: note(ours.callNs, theirs.callNs),
    },
    {
      what: `${name}: all CPU per record until sent, against buffered pino`,
      value: ours.cpuNs / theirs.callNs,
      unit: '×',
      better: 'less',
      goal: 1.7,
      floor: 2.5,
      note: `${note(ours.cpuNs, theirs.callNs)} a call, ${Math.round(theirs.cpuNs)} ns in all`,
    },
  ]
}

if (process.argv[1] === import.meta.filename) {
  const measured = await benchSdk(Number(process.argv[2] ?? 200_000))
  console.log(`${machine()}\n\n${markdownTable(sdkResults(measured))}`)
}
