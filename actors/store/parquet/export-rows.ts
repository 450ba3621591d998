/**
 * Rows as a search answers them, as row groups of a Parquet file for other programs: the columns
 * that were asked for, rows in their order. What segments have beside that (an index, an order of
 * their own, attributes by type) serves our own searches.
 */
import assert from 'node:assert/strict'
import { rowMember } from '#actors/processing/row-member.ts'
import type { Json, Row } from '#proto/api.ts'
import type { TextColumn } from '#proto/columns.ts'
import { type ExactTime, parseTime } from '#proto/time.ts'
import { GroupWriter } from './chunk-writer.ts'
import { writeShorts, writeTimes } from './encode-numbers.ts'
import { writeTexts } from './encode-texts.ts'
import { gatherTexts } from './gather.ts'
import type { ColumnChunk, RowGroupLayout } from './layout.ts'
import { ROW_GROUP_ROWS_MAX } from './row-group.ts'
import type { ColumnSchema, SegmentSchema } from './schema.ts'

/** Columns of an export that names none. */
export const EXPORT_COLUMNS = [
  'time',
  'level',
  'service',
  'host',
  'message',
  'trace_id',
  'span_id',
  'file',
  'attributes',
  'ingested_at',
  'pattern_id',
  'id',
] as const

export interface ExportedGroup {
  readonly layout: RowGroupLayout
  readonly bytes: Uint8Array
}

const SUB_NS = 'time_sub_ns'

/**
 * The columns of a file: times in microseconds, with the nanoseconds of `time` beside it, all
 * others as text, which a row may lack; `attributes` as one JSON object.
 */
export function exportSchema(names: readonly string[]): SegmentSchema {
  const columns = [...new Set(names)].flatMap(columnsOf)
  return { columns, attributes: [], timeUnit: 'us' }
}

function columnsOf(name: string): ColumnSchema[] {
  const shared = { width: 0, optional: false } as const
  const time = { ...shared, name, physical: 'INT64', logical: 'timestamp-us' } as const
  switch (name) {
    case 'time':
      return [time, { ...shared, name: SUB_NS, physical: 'INT32', logical: 'int16' }]
    case 'ingested_at':
      return [time]
    case 'attributes':
      return [{ ...shared, name, physical: 'BYTE_ARRAY', logical: 'json' }]
    default:
      return [{ name, width: 0, optional: true, physical: 'BYTE_ARRAY', logical: 'text' }]
  }
}

/** One row group; `rows` are JSON texts. */
export function encodeExport(rows: readonly string[], schema: SegmentSchema): ExportedGroup {
  assert(rows.length > 0 && rows.length <= ROW_GROUP_ROWS_MAX, `row group of ${rows.length} rows`)
  const parsed = rows.map(row => JSON.parse(row) as Row)
  const order = Uint32Array.from(parsed, (_, row) => row)
  const chars = rows.reduce((sum, row) => sum + row.length, 0)
  const group = new GroupWriter(order, chars)
  const columns = schema.columns.map(column => writeColumn(group, column, parsed))
  const { at: byteLength } = group.sink
  const layout = { schema, rowCount: rows.length, byteLength, columns, restKeys: [] }
  return { layout, bytes: group.sink.since(0) }
}

function writeColumn(group: GroupWriter, column: ColumnSchema, rows: readonly Row[]): ColumnChunk {
  switch (column.name) {
    case 'time':
      return writeTimes(group, column, timesOf(rows, 'time'), false)
    case 'ingested_at':
      return writeTimes(group, column, timesOf(rows, 'ingested_at'), true)
    case SUB_NS:
      return writeShorts(
        group,
        column,
        Uint16Array.from(rows, ({ time }) => exact(time).subNs),
      )
    default:
      return writeTexts(
        group,
        column,
        gatherTexts([textPart(rows.map(row => textOf(rowMember(row, column.name))))]),
      )
  }
}

function timesOf(rows: readonly Row[], name: 'time' | 'ingested_at'): Float64Array {
  return Float64Array.from(rows, row => exact(row[name]).timeUs)
}

function exact(time: string): ExactTime {
  const found = parseTime(time)
  if (found === null) throw new Error(`a row with a time of an unknown form: ${time}`)
  return found
}

function textOf(value: Json | undefined): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

interface Texts {
  readonly rows: number
  readonly texts: TextColumn
  readonly presence: Uint8Array
}

function textPart(values: readonly (string | null)[]): Texts {
  const texts = values.filter(value => value !== null)
  const offsets = new Uint32Array(texts.length + 1)
  for (const [i, text] of texts.entries()) {
    offsets[i + 1] = (offsets[i] as number) + Buffer.byteLength(text)
  }
  const heap = Buffer.allocUnsafeSlow(offsets[texts.length] as number)
  for (const [i, text] of texts.entries()) heap.write(text, offsets[i])
  const presence = new Uint8Array(Math.ceil(values.length / 8))
  for (const [row, value] of values.entries()) {
    if (value !== null) presence[row >> 3] = (presence[row >> 3] as number) | (1 << (row & 7))
  }
  return { rows: values.length, texts: { heap, offsets, indexes: 'each' }, presence }
}
