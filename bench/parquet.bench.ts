/**
 * What writing and reading segments costs on one core, beside DuckDB's own sorting and writing:
 * `node bench/parquet.bench.ts [--rows 196608] [--data FILE.ndjson]`. CPU time, best of some runs.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { openRows } from '#actors/processing/rows.ts'
import { readFooter, SegmentBuilder, type SegmentFooter } from '#actors/store/parquet/footer.ts'
import { openRowGroup } from '#actors/store/parquet/reader.ts'
import { type EncodedRowGroup, encodeRowGroup } from '#actors/store/parquet/row-group.ts'
import { chooseAttributes, segmentSchema } from '#actors/store/parquet/schema.ts'
import type { RowColumns } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { dataFile, sealedBatches } from './lab/data.ts'

export interface ParquetMeasured {
  readonly rows: number
  /** CPU of opening sealed batches into rows, µs a row: what comes before writing. */
  readonly openUs: number
  /** CPU of encodeRowGroup, index included, µs a row. */
  readonly encodeUs: number
  /** CPU of DuckDB sorting and writing rows that it has taken in already, µs a row. */
  readonly duckdbUs: number
  readonly bytes: number
  readonly indexBytes: number
  readonly duckdbBytes: number
  /** Bytes a row of each column. */
  readonly columns: ReadonlyMap<string, number>
  /** CPU of reading every column of every row again, µs a row. */
  readonly readUs: number
  /** CPU of fetching 100 rows spread over one row group, ms. */
  readonly fetchMs: number
}

const GROUP_ROWS = 32_768
const BATCH_ROWS = 2_048
const SCHEMA_ATTRIBUTES = 64

export async function benchParquet(
  path: string,
  rowsMax: number,
  runs: number,
): Promise<ParquetMeasured> {
  const batches = await takeBatches(path, rowsMax)
  let parts: RowColumns[] = []
  const openMs = best(runs, () => {
    parts = batches.map(openBatch)
  })
  const rows = parts.reduce((sum, part) => sum + part.count, 0)
  const schema = segmentSchema(chooseAttributes(parts, SCHEMA_ATTRIBUTES))
  const chunks = chunksOf(parts)
  let groups: EncodedRowGroup[] = []
  const encodeMs = best(runs, () => {
    groups = chunks.map(chunk => encodeRowGroup(chunk, schema))
  })
  const bytes = fileOf(groups)
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const footer = readFooter(read, bytes.length)
  const readMs = best(runs, () => {
    for (const group of footer.groups) touchAll(openRowGroup(read, group))
  })
  const fetchMs = best(runs, () => fetchSome(read, footer))
  const duckdb = await duckdbFloor(bytes, runs)
  const perRow = (ms: number): number => (ms * 1000) / rows
  return {
    rows,
    openUs: perRow(openMs),
    encodeUs: perRow(encodeMs),
    duckdbUs: perRow(duckdb.ms),
    bytes: bytes.length,
    indexBytes: groups.reduce((sum, group) => sum + group.index.length, 0),
    duckdbBytes: duckdb.bytes,
    columns: columnBytes(groups, rows),
    readUs: perRow(readMs),
    fetchMs,
  }
}

async function takeBatches(path: string, rowsMax: number): Promise<Uint8Array[]> {
  const batches: Uint8Array[] = []
  let rows = 0
  for await (const batch of sealedBatches(path, BATCH_ROWS)) {
    batches.push(batch.bytes)
    rows += batch.rows
    if (rows >= rowsMax) break
  }
  return batches
}

function openBatch(bytes: Uint8Array, index: number): RowColumns {
  const columns = openProven(bytes)
  const lastUs = columns.timeUs[columns.count - 1] as number
  return openRows(
    {
      receivedAtUs: BigInt(lastUs) + 1_000n,
      producer: 0x123456789abcdefn,
      epoch: 1,
      sequence: BigInt(index + 1),
      rejected: [],
    },
    columns,
  )
}

function chunksOf(parts: readonly RowColumns[]): RowColumns[][] {
  const chunks: RowColumns[][] = [[]]
  let rows = 0
  for (const part of parts) {
    if (rows + part.count > GROUP_ROWS) {
      chunks.push([])
      rows = 0
    }
    chunks.at(-1)?.push(part)
    rows += part.count
  }
  return chunks
}

function fileOf(groups: readonly EncodedRowGroup[]): Buffer {
  const [first] = groups
  if (first === undefined) throw new Error('no rows to measure')
  const builder = new SegmentBuilder(first.schema)
  const parts = [builder.header]
  for (const group of groups) parts.push(group.bytes, builder.add(group))
  parts.push(builder.finish(new Map()))
  return Buffer.concat(parts)
}

function touchAll(rows: RowColumns): void {
  const { timeUs, timeSubNs, receivedAtUs, kind, flags, severity, severityText, service } = rows
  const { host, file, message, traceId, spanId, producer, seq, row, patternId } = rows
  void [timeUs, timeSubNs, receivedAtUs, kind, flags, severity, severityText, service]
  void [host, file, message, traceId, spanId, producer, seq, row, patternId]
  for (const attribute of rows.attributes) void attribute.presence
}

function fetchSome(
  read: (offset: number, length: number) => Uint8Array,
  footer: SegmentFooter,
): void {
  const [group] = footer.groups
  if (group === undefined) return
  const step = Math.max(1, Math.floor(group.rowCount / 100))
  const wanted = Uint32Array.from(
    { length: Math.floor(group.rowCount / step) },
    (_, index) => index * step,
  )
  touchAll(openRowGroup(read, group, wanted))
}

/** DuckDB sorts the same rows by service and time and writes them, on one thread. */
async function duckdbFloor(
  segment: Uint8Array,
  runs: number,
): Promise<{ readonly ms: number; readonly bytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-bench-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const [from, to] = [join(folder, 'from.parquet'), join(folder, 'to.parquet')]
    writeFileSync(from, segment)
    await connection.run(`CREATE TABLE logs AS SELECT * FROM '${from}'`)
    let ms = Number.POSITIVE_INFINITY
    for (let run = 0; run < runs; run++) {
      const used = process.cpuUsage()
      await connection.run(`COPY (SELECT * FROM logs ORDER BY service, time) TO '${to}'
        (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS})`)
      ms = Math.min(ms, cpuMsSince(used))
    }
    return { ms, bytes: statSync(to).size }
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
}

function columnBytes(groups: readonly EncodedRowGroup[], rows: number): Map<string, number> {
  const bytes = new Map<string, number>()
  for (const { schema, columns } of groups) {
    for (const [index, { name }] of schema.columns.entries()) {
      const size = columns[index]?.compressedBytes ?? 0
      bytes.set(name, (bytes.get(name) ?? 0) + size / rows)
    }
  }
  return bytes
}

function best(runs: number, work: () => void): number {
  let ms = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const used = process.cpuUsage()
    work()
    ms = Math.min(ms, cpuMsSince(used))
  }
  return ms
}

function cpuMsSince(used: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(used)
  return (user + system) / 1000
}

function report(measured: ParquetMeasured): void {
  const { rows } = measured
  const line = (what: string, value: number, unit: string): void =>
    console.log(`${what.padEnd(46)} ${value.toFixed(2).padStart(8)} ${unit}`)
  console.log(`${rows} rows in row groups of ${GROUP_ROWS}, CPU of one thread`)
  line('open sealed batches', measured.openUs, 'µs/row')
  line('write row groups and their index', measured.encodeUs, 'µs/row')
  line('floor: DuckDB sorts and writes (not appends)', measured.duckdbUs, 'µs/row')
  line('read all columns again', measured.readUs, 'µs/row')
  line('fetch 100 scattered rows of a row group', measured.fetchMs, 'ms')
  line('segment', measured.bytes / rows, 'B/row')
  line('index', measured.indexBytes / rows, 'B/row')
  line("floor: DuckDB's file", measured.duckdbBytes / rows, 'B/row')
  for (const [name, bytes] of measured.columns) {
    if (bytes >= 0.01) line(`  ${name}`, bytes, 'B/row')
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '196608' }, data: { type: 'string' } },
  })
  report(await benchParquet(values.data ?? dataFile(2_000_000), Number(values.rows), 5))
}
