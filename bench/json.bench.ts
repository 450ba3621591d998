/**
 * What JSON costs on its way into columns and rows on their way out, CPU on one core, beside the
 * floor of all JSON, bare JSON.parse of each line: `node bench/json.bench.ts [--rows 50000] [--data
 * FILE.ndjson]`. Best of some runs.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { decodeBody } from '#actors/gateway/json/json-body.ts'
import { ANY_TIME, compileMatcher } from '#actors/processing/matcher.ts'
import { proveBatch } from '#actors/processing/prove-batch.ts'
import { proveBySchema } from '#actors/processing/prove-by-schema.ts'
import { rowJson } from '#actors/processing/row-json.ts'
import { openRows } from '#actors/processing/rows.ts'
import { summarize } from '#actors/processing/summary.ts'
import type { RowColumns } from '#proto/columns.ts'
import { SCHEMA_HIGHEST } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { parseQuery } from '#proto/query.ts'
import { dataFile } from './lab/data.ts'

export interface JsonMeasured {
  readonly name: string
  /** CPU time of a row. */
  readonly microsecondsEach: number
  /** Rows decoded, opened or matched: proves that the work was done. */
  readonly checksum: number
}

const SENDER = { sdkName: 'bench', sdkVersion: '', zone: null }
/** Of projects: what a short one and a long one ask of every record; all of the data fit. */
const SCHEMAS = {
  'two members': JSON.stringify({
    type: 'object',
    required: ['service', 'message'],
    properties: { service: { type: 'string', maxLength: 64 } },
  }),
  'all members and four attributes': JSON.stringify({
    type: 'object',
    required: ['time', 'level', 'service', 'host', 'message', 'attributes'],
    properties: {
      level: { enum: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] },
      service: { type: 'string', minLength: 1, maxLength: 64 },
      host: { type: 'string', maxLength: 256 },
      message: { type: 'string', maxLength: 65_536 },
      attributes: {
        type: 'object',
        properties: {
          status: { type: 'integer', minimum: 100, maximum: 599 },
          duration_ms: { type: 'number', minimum: 0 },
          user_id: { type: 'string', maxLength: 64 },
          order_id: { type: 'string', maxLength: 64 },
        },
      },
    },
  }),
}
const ROWS_AS_JSON = 10_000
const ENVELOPE = {
  receivedAtUs: BigInt(Number.MAX_SAFE_INTEGER),
  producer: 1n,
  epoch: 1,
  sequence: 1n,
  rejected: [],
}

export function benchJson(path: string, rowsMax: number, runs: number): JsonMeasured[] {
  const lines = readFileSync(path, 'utf8').split('\n', rowsMax).filter(Boolean)
  const body = Buffer.from(lines.join('\n'))
  const measured: JsonMeasured[] = []
  const measure = (name: string, rows: number, work: () => number): void => {
    measured.push(best(name, rows, runs, work))
  }
  const count = lines.length
  measure('floor: JSON.parse of each line', count, () => {
    return lines.reduce((sum, line) => sum + Number(JSON.parse(line) !== null), 0)
  })
  measure('decode to sealed batches', count, () => {
    const decoded = decodeBody(body, SENDER)
    return decoded.type === 'decoded' ? decoded.accepted : 0
  })
  const batches = batchesOf(body)
  measure('open batches into rows', count, () => {
    return batches.reduce((sum, batch) => sum + open(batch).count, 0)
  })
  measure('prove batches', count, () => batches.reduce((sum, batch) => sum + proven(batch), 0))
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    measure(`prove by a schema that asks for ${name}`, count, () =>
      batches.reduce((sum, batch) => sum + proven(batch, schema), 0),
    )
  }
  const parts = batches.map(open)
  measure('count by minute, level, service', count, () => {
    return parts.reduce((sum, part) => sum + summarize(part, 0).rows, 0)
  })
  for (const query of ['timeout', '"connection pool"', 'kelvin', 'status:500', 'level:error']) {
    measure(`match ${query}`, count, () => matched(parts, query))
  }
  const some = parts.slice(0, Math.ceil((ROWS_AS_JSON / count) * parts.length))
  const shown = some.reduce((sum, part) => sum + part.count, 0)
  measure('rows as JSON', shown, () => some.reduce((sum, part) => sum + printed(part), 0))
  return measured
}

function batchesOf(body: Uint8Array): Uint8Array[] {
  const decoded = decodeBody(body, SENDER)
  return decoded.type === 'decoded' ? decoded.chunks.map(({ batch }) => batch) : []
}

/** Records that were found good. */
function proven(batch: Uint8Array, recordSchema?: string): number {
  const memory = new SharedArrayBuffer(batch.length)
  new Uint8Array(memory).set(batch)
  const input = { memory, offset: 0, length: batch.length, schema: SCHEMA_HIGHEST }
  const found =
    recordSchema === undefined ? proveBatch(input) : proveBySchema({ ...input, recordSchema })
  return found.type === 'sound' ? found.records - found.rejected.length : 0
}

function open(batch: Uint8Array): RowColumns {
  return openRows(ENVELOPE, openProven(batch))
}

function matched(parts: readonly RowColumns[], text: string): number {
  const parsed = parseQuery(text)
  if (parsed.type === 'fault') return Number.NaN
  const { query } = parsed
  const matcher = compileMatcher({ query, services: [], levels: [], ...ANY_TIME })
  return parts.reduce((sum, part) => sum + matcher.select(part).length, 0)
}

function printed(part: RowColumns): number {
  let rows = 0
  for (let row = 0; row < part.count; row++) rows += rowJson(part, row).length > 0 ? 1 : 0
  return rows
}

function best(name: string, rows: number, runs: number, work: () => number): JsonMeasured {
  let checksum = 0
  let leastUs = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    checksum = work()
    const { user, system } = process.cpuUsage(before)
    leastUs = Math.min(leastUs, user + system)
  }
  return { name, microsecondsEach: leastUs / rows, checksum }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '50000' }, data: { type: 'string' } },
  })
  const rows = Number(values.rows)
  const measured = benchJson(values.data ?? dataFile(rows), rows, 12)
  const floor = measured[0]?.microsecondsEach ?? Number.NaN
  for (const { name, microsecondsEach, checksum } of measured) {
    const ratio = (microsecondsEach / floor).toFixed(2)
    const each = microsecondsEach.toFixed(3)
    console.log(`${name.padEnd(34)} ${each.padStart(8)} µs ${ratio.padStart(6)} × ${checksum}`)
  }
}
