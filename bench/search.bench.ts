/**
 * The store alone, without doors: `node bench/search.bench.ts [--rows 1000000] [--data FILE.ndjson]
 * [--folder DIR] [--runs 7] [--only NAME] [--duckdb] [--ask QUERY]…`. Fills a store with the generator's rows (a
 * folder that has them is used again), then asks the eleven queries of bench/lab/queries.ts and
 * prints their medians, and the least CPU that a run took, which other load changes less; or asks
 * queries of one's own.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { create } from '@bufbuild/protobuf'
import type { BatchBytes, LogEntry } from '#actors/commit-log/commit-log.ts'
import { openParquetStore, type ParquetStore } from '#actors/store/parquet-store.ts'
import type { AnalysisResult, SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { LEVELS, type Row, SEARCH_PARTS, type SearchRequest } from '#proto/api.ts'
import { BatchKind, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Search } from '#proto/query/analysis.ts'
import { parseSearch } from '#proto/query.ts'
import { systemClock } from '#runtime/clock.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { ampleMemory } from '../actors/store/testing/query-memory.ts'
import { dataFile, type SealedBatch, sealedBatches } from './lab/data.ts'
import { benchQueries } from './lab/queries.ts'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '7' },
    folder: { type: 'string' },
    data: { type: 'string' },
    only: { type: 'string', default: '' },
    duckdb: { type: 'boolean', default: false },
    ask: { type: 'string', multiple: true },
  },
})
const ROWS = Number(options.rows)
const RUNS = Number(options.runs)
const PROJECT = 'bench00000'
const START_US = Date.UTC(2026, 10, 20) * 1_000
const DAY_US = 86_400_000_000
const NEVER = new AbortController().signal
const manifestUrl = new URL('../actors/manifest.ts', import.meta.url)

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'logboy-search-bench-'))
const isFilled = existsSync(folder) && options.folder !== undefined
const pool = openWorkerPool({ manifestUrl, threads: 2, queueMax: 10_000 })
const service = (name: string, serviceOptions: unknown) =>
  openServiceThread({
    manifestUrl,
    service: name,
    options: serviceOptions,
    callsMax: 10_000,
    onLost: fail,
  })
const writer = await service('segment-writer', { folder })
const store = await openParquetStore({
  queryMemory: ampleMemory(),
  folder,
  clock: systemClock,
  pool,
  writer,
  openDuckdb: options.duckdb ? () => service('duckdb', { memoryBytes: 512 << 20 }) : null,
  diskReserveBytes: 64 * 1024 * 1024,
  flushBytes: 64 * 1024 * 1024,
  flushIntervalMs: 60_000,
  isMemoryShort: () => false,
  onFault: fail,
})
if (!isFilled || store.observe().rows === 0) await fill(store)
await measure(store)
await store.close()
await writer.close()
await pool.close()
if (options.folder === undefined) rmSync(folder, { recursive: true })

async function fill(into: ParquetStore): Promise<void> {
  const batches: SealedBatch[] = []
  for await (const batch of sealedBatches(options.data ?? dataFile(ROWS), 4_096))
    batches.push(batch)
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  let position = 0
  for (const [i, batch] of batches.entries()) {
    position += batch.bytes.length
    await into.receive([entryOf(batch, i, position)])
  }
  await into.flush()
  const seconds = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  const { rows, segmentBytes, indexBytes, segments } = into.observe() as Record<string, number>
  console.log(
    `filled ${rows} rows in ${seconds.toFixed(1)} s, ${((user + system) / rows).toFixed(2)} µs CPU a row; ` +
      `${(segmentBytes / rows).toFixed(1)} + ${(indexBytes / rows).toFixed(1)} B a row in ${segments} segments`,
  )
}

function entryOf(batch: SealedBatch, i: number, position: number): LogEntry {
  const { bytes, rows } = batch
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  const startUs = START_US + Math.floor(((i * 4_096) / ROWS) * DAY_US)
  const envelope = create(EnvelopeSchema, {
    version: 1,
    kind: BatchKind.LOGS,
    schema: 1,
    projectId: PROJECT,
    producer: 77n,
    epoch: 1,
    sequence: BigInt(i + 1),
    receivedAtUs: BigInt(startUs + 60_000_000),
    recordCount: rows,
    timeMinUs: BigInt(startUs),
    timeMaxUs: BigInt(startUs + Math.ceil((4_096 / ROWS) * DAY_US)),
  })
  const done = (): void => undefined
  const data: BatchBytes = { memory, offset: 0, length: bytes.length, retain: done, release: done }
  return { partition: 0, position, envelope, batch: data }
}

async function measure(asked: ParquetStore): Promise<void> {
  const sample = await asked.search(planOf({ limit: 200, include: ['logs'] }), NEVER)
  const rows = sample.logs.map(json => JSON.parse(json) as Row)
  const traceId = rows.find(({ trace_id }) => trace_id !== null)?.trace_id ?? ''
  const own = options.ask?.map(query => ({ name: query, request: { query }, goalMs: 0 }))
  for (const { name, request, goalMs } of own ?? benchQueries(traceId)) {
    if (!name.includes(options.only)) continue
    const times: number[] = []
    let cpuMs = Number.POSITIVE_INFINITY
    let found: SearchResult | AnalysisResult | undefined
    for (let run = 0; run <= RUNS; run++) {
      const begun = performance.now()
      const cpuBefore = process.cpuUsage()
      found = await ask(asked, request)
      if (run > 0) times.push(performance.now() - begun)
      const { user, system } = process.cpuUsage(cpuBefore)
      cpuMs = Math.min(cpuMs, (user + system) / 1_000)
    }
    const median = times.sort((a, b) => a - b)[RUNS >> 1] as number
    const explain = JSON.stringify(found?.explain)
    const total = found?.total ?? (found !== undefined && 'logs' in found ? found.logs.length : 0)
    console.log(
      `${median.toFixed(1).padStart(8)} ms (goal ${goalMs}), CPU ${cpuMs.toFixed(1)} ms  ${name}  ${total}  ${explain}`,
    )
  }
  if (process.env.NOID) return
  const ids = rows.slice(0, RUNS).map(({ id }) => id)
  const begun = performance.now()
  for (const id of ids) if ((await asked.row(PROJECT, id, NEVER)) === null) throw new Error(id)
  console.log(`${((performance.now() - begun) / ids.length).toFixed(1).padStart(8)} ms  row by id`)
}

async function ask(
  asked: ParquetStore,
  request: SearchRequest,
): Promise<SearchResult | AnalysisResult> {
  const input = planOf(request)
  const { stages } = searchOf(request)
  return stages.length === 0
    ? await asked.search(input, NEVER)
    : await asked.analyse({ ...input, stages }, NEVER)
}

function searchOf(request: SearchRequest): Search {
  const parsed = parseSearch(request.query ?? '')
  if (parsed.type === 'fault') throw new Error(parsed.fault.message)
  return parsed.search
}

function planOf(request: SearchRequest): SearchPlanInput {
  const levels = (request.levels ?? []).map(level => level.toUpperCase())
  return {
    projectId: PROJECT,
    query: searchOf(request).query,
    services: request.services ?? [],
    levels: LEVELS.filter(level => levels.includes(level)),
    startUs: request.start_time === undefined ? 0 : START_US,
    endUs: request.end_time === undefined ? Number.MAX_SAFE_INTEGER : START_US + DAY_US,
    ingestedStartUs: 0,
    ingestedEndUs: Number.MAX_SAFE_INTEGER,
    limit: request.limit ?? 100,
    offset: 0,
    cursor: null,
    order: 'desc',
    include: new Set(request.include ?? SEARCH_PARTS),
    fields: null,
    intervalUs: Number(request.interval ?? 60) * 1_000_000,
  }
}

function fail(error: Error): never {
  console.error(error)
  process.exit(1)
}
