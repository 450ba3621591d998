/**
 * The store on Elasticsearch beside the same Elasticsearch fed prepared bodies by a bare client:
 * `ELASTICSEARCH_URL=… node bench/elastic.bench.ts [--rows 400000] [--data FILE.ndjson] [--runs 3]`.
 * Rate, CPU outside and inside Elasticsearch, and how long rows take to become searchable;
 * `elasticDisk` weighs both forms of the source.
 */

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { create } from '@bufbuild/protobuf'
import type { BatchBytes, LogEntry } from '#actors/commit-log/commit-log.ts'
import { connectElastic, type ElasticServer } from '#actors/store/elasticsearch/client.ts'
import { type ElasticStore, openElasticStore } from '#actors/store/elasticsearch/elastic-store.ts'
import { indexNames } from '#actors/store/elasticsearch/index-names.ts'
import type { Storage } from '#actors/store/elasticsearch/storage.ts'
import { deleteInstallation } from '#actors/store/elasticsearch/testing/delete-installation.ts'
import { MemoryPlacements } from '#actors/store/elasticsearch/testing/memory-placements.ts'
import { BatchKind, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { System, systemRandom, type TaskPool } from '#runtime/index.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { ampleMemory } from '../actors/store/testing/query-memory.ts'
import { openBareClient, partOf, prepareBodies } from './lab/bare-elastic.ts'
import { dataFile, sealedBatches } from './lab/data.ts'
import { percentile } from './lab/percentile.ts'

export const BENCH_PROJECT = 'benchmark0'
const BATCH_ROWS = 4_096
const MANIFEST_URL = new URL('../actors/manifest.ts', import.meta.url)
const SYNTHETIC: Storage = { mode: 'logsdb', source: 'synthetic' }
const STORED: Storage = { mode: 'logsdb', source: 'stored' }
/** The bare client's bodies in flight: the better of these. */
const IN_FLIGHT = [2, 4]
const WARM_UP_BODIES = 20
const MERGE_LOOK_MS = 200
/** Of all rows, written before the clock runs: an index that is empty has nothing to merge. */
export const WARM_UP_SHARE = 0.5
const MEMORY_BYTES = 64 * 1024 * 1024
const DAY_US = Date.UTC(2026, 10, 28) * 1_000
/** As if 10,000 rows came a second: how they lie in an index depends on it. */
const BATCH_US = BigInt(BATCH_ROWS * 100)

export interface Sent {
  readonly rowsPerSecond: number
  /** CPU of this process, µs a row. */
  readonly ownUs: number
  /** CPU of Elasticsearch, µs a row, until nothing is merged any more. */
  readonly elasticUs: number
}

export interface ElasticMeasured {
  readonly rows: number
  readonly bare: Sent
  readonly store: Sent
  /** Rate of the store to that of the bare client. */
  readonly ratio: number
  /** Milliseconds from `receive` until searches of every process see the rows. */
  readonly searchableMs: { readonly p50: number; readonly p99: number }
}

interface Bench {
  readonly server: ElasticServer
  readonly address: string
  readonly pool: TaskPool
  readonly entries: readonly LogEntry[]
  readonly rows: number
}

interface BenchOptions {
  readonly address: string
  readonly data: string
  readonly rows: number
}

/** The bare client alone. */
export async function benchBare(options: BenchOptions): Promise<Sent> {
  return await inBench(options, sendBareBest)
}

export async function benchElastic(
  options: BenchOptions & PaceOptions & { readonly runs: number },
): Promise<ElasticMeasured> {
  return await inBench(options, async bench => {
    const bare: Sent[] = []
    const store: Sent[] = []
    await warmUp(bench)
    for (let run = 0; run < options.runs; run++) {
      bare.push(await sendBareBest(bench))
      store.push(await inStore(bench, SYNTHETIC, opened => sendThrough(bench, opened)))
    }
    const searchableMs = await inStore(bench, SYNTHETIC, opened =>
      searchable(bench, opened, options),
    )
    const [ours, theirs] = [best(store), best(bare)]
    const ratio = ours.rowsPerSecond / theirs.rowsPerSecond
    return { rows: bench.rows, bare: theirs, store: ours, ratio, searchableMs }
  })
}

/** Bytes a row by form of the source, after a merge to one segment. */
export async function elasticDisk(
  options: BenchOptions,
): Promise<ReadonlyMap<Storage['source'], number>> {
  return await inBench(options, async bench => {
    const bytes = new Map<Storage['source'], number>()
    for (const storage of [SYNTHETIC, STORED]) {
      bytes.set(storage.source, await inStore(bench, storage, opened => disk(bench, opened)))
    }
    return bytes
  })
}

async function inBench<Result>(
  { address, data, rows: wanted }: BenchOptions,
  run: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  const entries = await takeEntries(data, wanted)
  const rows = entries.reduce((sum, { envelope }) => sum + envelope.recordCount, 0)
  const server = await connectElastic({ url: address, clock: systemClock })
  const pool = openWorkerPool({ manifestUrl: MANIFEST_URL, threads: 2, queueMax: 1_000 })
  try {
    return await run({ server, address, pool, entries, rows })
  } finally {
    await pool.close()
    await server.close()
  }
}

function best(sent: readonly Sent[]): Sent {
  return sent.reduce((a, b) => (b.rowsPerSecond > a.rowsPerSecond ? b : a))
}

export async function takeEntries(path: string, rowsMax: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  let rows = 0
  for await (const { bytes, rows: count } of sealedBatches(path, BATCH_ROWS)) {
    const memory = new SharedArrayBuffer(bytes.length)
    new Uint8Array(memory).set(bytes)
    const batch: BatchBytes = {
      memory,
      offset: 0,
      length: bytes.length,
      retain: () => undefined,
      release: () => undefined,
    }
    const sequence = BigInt(entries.length + 1)
    const envelope = create(EnvelopeSchema, {
      projectId: BENCH_PROJECT,
      kind: BatchKind.LOGS,
      producer: 0x123456789abcdefn,
      epoch: 1,
      sequence,
      receivedAtUs: BigInt(DAY_US) + sequence * BATCH_US,
      recordCount: count,
    })
    // As Kafka counts.
    entries.push({ partition: 0, position: entries.length, envelope, batch })
    rows += count
    if (rows >= rowsMax) break
  }
  return entries
}

/** Threads have compiled what they run before anything is measured. */
async function warmUp({ pool, entries }: Bench): Promise<void> {
  const { types } = prepareBodies(BENCH_PROJECT, entries.slice(0, 4))
  for (const part of [...entries, ...entries].slice(0, WARM_UP_BODIES).map(partOf)) {
    const input = { projectId: BENCH_PROJECT, parts: [part], types: { byKey: types, isFull: true } }
    await Promise.all([pool.run('elastic-bulk-body', input), pool.run('elastic-bulk-body', input)])
  }
}

interface OpenedStore {
  readonly store: ElasticStore
  readonly name: string
}

/** Runs with a store of its own name, which is deleted afterwards. */
async function inStore<Result>(
  { server, pool }: Bench,
  storage: Storage,
  run: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  const name = `logboybench${randomBytes(4).toString('hex')}`
  const fail = (error: Error): void => {
    process.stderr.write(`${error.message}\n`)
  }
  const system = new System({
    clock: systemClock,
    random: systemRandom,
    onFault: ({ error }) => fail(error),
    onEscalation: (_, error) => fail(error),
  })
  const store = await openElasticStore({
    queryMemory: ampleMemory(),
    server,
    name,
    system,
    pool,
    clock: systemClock,
    random: systemRandom,
    placements: new MemoryPlacements(),
    retentionDaysOf: async () => 30,
    deadLetters: { bury: async (_, __, reason) => fail(new Error(reason)) },
    memoryBytes: MEMORY_BYTES,
    refreshIntervalMs: 500,
    searchTimeoutMs: 60_000,
    storage,
    onFault: fail,
  })
  try {
    return await run({ store, name })
  } finally {
    await store.close()
    system.kill('done')
    await deleteInstallation(server, name)
  }
}

async function sendThrough(bench: Bench, { store }: OpenedStore): Promise<Sent> {
  // The index, its fields and the threads' code are there before the clock runs.
  const [first] = bench.entries
  if (first !== undefined) await store.receive([first])
  await store.flush()
  return await measured(bench, async () => {
    for (const entry of bench.entries) await store.receive([entry])
    await store.flush()
  })
}

async function sendBareBest(bench: Bench): Promise<Sent> {
  const tries: Sent[] = []
  for (const inFlight of IN_FLIGHT) tries.push(await sendBare(bench, inFlight))
  return best(tries)
}

/**
 * Bodies are made before; what is measured is sending them and waiting. The index holds as much
 * already as that of the pipeline does, and is refreshed as the server does unless told otherwise:
 * rows that nobody can find yet cost less.
 */
async function sendBare(bench: Bench, inFlight: number): Promise<Sent> {
  const { server, address, entries } = bench
  return await inStore(bench, SYNTHETIC, async ({ name }) => {
    const index = indexNames(name).index('logs', 'bare', '2026-11-28')
    const { bodies, types } = prepareBodies(BENCH_PROJECT, entries)
    const before = prepareBodies(BENCH_PROJECT, sentBefore(entries))
    const client = await openBareClient(server, address, index, types)
    try {
      const body = { 'index.refresh_interval': '1s' }
      await server.request({ method: 'PUT', path: `/${index}/_settings`, body })
      await client.send(before.bodies, inFlight)
      return await measured(bench, () => client.send(bodies, inFlight))
    } finally {
      client.close()
    }
  })
}

/** Half of them once more, as other batches. */
function sentBefore(entries: readonly LogEntry[]): LogEntry[] {
  return entries.slice(0, Math.ceil(entries.length * WARM_UP_SHARE)).map(entry => {
    const { envelope, position } = entry
    const sequence = envelope.sequence + BigInt(entries.length)
    return { ...entry, position: position + entries.length, envelope: { ...envelope, sequence } }
  })
}

async function measured({ server, rows }: Bench, work: () => Promise<void>): Promise<Sent> {
  const elasticMs = await elasticCpuMs(server)
  const own = process.cpuUsage()
  const startedMs = systemClock.monotonicMs()
  await work()
  const ms = systemClock.monotonicMs() - startedMs
  const { user, system } = process.cpuUsage(own)
  return {
    rowsPerSecond: (rows * 1_000) / ms,
    ownUs: (user + system) / rows,
    elasticUs: (((await elasticCpuMs(server)) - elasticMs) * 1_000) / rows,
  }
}

/** What the nodes used since they started, once they merge nothing. */
export async function elasticCpuMs(server: ElasticServer): Promise<number> {
  while (await isMerging(server)) await pause(MERGE_LOOK_MS)
  const { nodes } = await server.json<{
    nodes: Record<string, { process: { cpu: { total_in_millis: number } } }>
  }>({ method: 'GET', path: '/_nodes/stats/process', query: { filter_path: '**.cpu' } })
  return Object.values(nodes).reduce((sum, node) => sum + node.process.cpu.total_in_millis, 0)
}

async function isMerging(server: ElasticServer): Promise<boolean> {
  const { nodes } = await server.json<{
    nodes: Record<string, { indices: { merges: { current: number } } }>
  }>({ method: 'GET', path: '/_nodes/stats/indices/merge', query: { filter_path: '**.current' } })
  return Object.values(nodes).some(node => node.indices.merges.current > 0)
}

async function disk(bench: Bench, { store, name }: OpenedStore): Promise<number> {
  const { server, entries, rows } = bench
  for (const entry of entries) await store.receive([entry])
  await store.flush()
  const path = `/logs-${name}.*`
  // Sizes would otherwise be some seconds old.
  await server.request({
    method: 'PUT',
    path: `${path}/_settings`,
    query: { reopen: true },
    body: { 'index.store.stats_refresh_interval': '0s' },
  })
  await server.request({
    method: 'GET',
    path: `/_cluster/health/logs-${name}.*`,
    query: { wait_for_active_shards: 1 },
  })
  await server.request({
    method: 'POST',
    path: `${path}/_forcemerge`,
    query: { max_num_segments: 1, flush: true },
    timeoutMs: 600_000,
  })
  const { _all } = await server.json<{
    _all: { primaries: { store: { size_in_bytes: number } } }
  }>({ method: 'GET', path: `${path}/_stats/store` })
  return _all.primaries.store.size_in_bytes / rows
}

interface PaceOptions {
  readonly latencySeconds: number
  readonly paceRowsPerSecond: number
}

const LOOK_MS = 5

/** Batches come at an even pace; each waits until what searches cover includes it. */
async function searchable(
  { entries }: Bench,
  { store }: OpenedStore,
  { latencySeconds, paceRowsPerSecond }: PaceOptions,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const waits: number[] = []
  const waiting = new Set<Promise<void>>()
  const startedMs = systemClock.monotonicMs()
  let rows = 0
  for (const entry of entries) {
    const dueMs = startedMs + (rows * 1_000) / paceRowsPerSecond
    if (dueMs - startedMs > latencySeconds * 1_000) break
    await pause(Math.max(0, dueMs - systemClock.monotonicMs()))
    rows += entry.envelope.recordCount
    const receivedMs = systemClock.monotonicMs()
    await store.receive([entry])
    const seen = (async () => {
      while (!store.published().covers(entry)) await pause(LOOK_MS)
      waits.push(systemClock.monotonicMs() - receivedMs)
    })()
    waiting.add(seen)
  }
  await Promise.all(waiting)
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) }
}

export function elasticTable(found: ElasticMeasured): string {
  const { rows, bare, store, ratio, searchableMs } = found
  const line = (name: string, { rowsPerSecond, ownUs, elasticUs }: Sent): string =>
    `${name.padEnd(12)} ${Math.round(rowsPerSecond)} rows/s, CPU a row: ` +
    `${ownUs.toFixed(2)} µs outside, ${elasticUs.toFixed(1)} µs in Elasticsearch`
  return [
    `${rows} rows`,
    line('bare client', bare),
    line('store', store),
    `rate to the bare client's: ${ratio.toFixed(2)} ×, CPU in Elasticsearch: ${(store.elasticUs / bare.elasticUs).toFixed(2)} ×`,
    `searchable after ${searchableMs.p50.toFixed(0)} ms (p50), ${searchableMs.p99.toFixed(0)} ms (p99)`,
  ].join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '400000' },
      runs: { type: 'string', default: '3' },
      data: { type: 'string' },
      pace: { type: 'string', default: '10000' },
    },
  })
  const address = process.env['ELASTICSEARCH_URL']
  if (address === undefined) throw new Error('ELASTICSEARCH_URL is not set')
  const rows = Number(values.rows)
  const data = values.data ?? dataFile(rows)
  const found = await benchElastic({
    address,
    data,
    rows,
    runs: Number(values.runs),
    latencySeconds: 15,
    paceRowsPerSecond: Number(values.pace),
  })
  process.stdout.write(`${elasticTable(found)}\n`)
}
