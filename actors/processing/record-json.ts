/** A row as a record again: what a sender would have to send for it. */
import type { Json, Row } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import { rowJson } from './row-json.ts'

/** What a record says of itself; what it leaves open, or the server adds, is not there. */
export interface PlainRecord {
  readonly time?: string
  readonly level?: string
  readonly service?: string
  readonly host?: string
  readonly message: string
  readonly trace_id?: string
  readonly span_id?: string
  readonly file?: string
  readonly attributes: Readonly<Record<string, Json>>
}

export function recordOf(rows: RowColumns, index: number): PlainRecord {
  const row = JSON.parse(rowJson(rows, index)) as Row
  const flags = new Set(row.flags)
  const isLevelOurs = flags.has('level_inferred') || flags.has('level_defaulted')
  const isTimeOurs = flags.has('time_missing') || flags.has('time_clamped')
  const level = row.severity_text ?? (isLevelOurs ? '' : row.level)
  return {
    ...(isTimeOurs ? {} : { time: row.time }),
    ...(level === '' ? {} : { level }),
    ...(row.service === '' ? {} : { service: row.service }),
    ...(row.host === '' ? {} : { host: row.host }),
    message: row.message,
    ...(row.trace_id === null ? {} : { trace_id: row.trace_id }),
    ...(row.span_id === null ? {} : { span_id: row.span_id }),
    ...(row.file === '' ? {} : { file: row.file }),
    attributes: row.attributes,
  }
}

/** As `POST /ingest` takes it: attributes beside the fields, which come first and so win. */
export function ingestJson(rows: RowColumns, index: number): string {
  const { attributes, ...fields } = recordOf(rows, index)
  return JSON.stringify({ ...fields, ...withoutKeys(attributes, fields) })
}

function withoutKeys<Value>(
  from: Readonly<Record<string, Value>>,
  keys: object,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !(key in keys)))
}
