/** Single fields of a row that is JSON text already. */
import type { Json, Row } from '#proto/api.ts'

/** The values as a JSON array: fields of the row, then attributes; null where there is none. */
export function projectRow(rowJson: string, fields: readonly string[]): string {
  const row = JSON.parse(rowJson) as PlainRow
  return JSON.stringify(fields.map(field => valueOf(row, field)))
}

type PlainRow = Readonly<Record<string, Json>> & Pick<Row, 'attributes'>

const OWN: ReadonlySet<string> = new Set([
  'time',
  'level',
  'severity_text',
  'service',
  'host',
  'message',
  'trace_id',
  'span_id',
  'ingested_at',
  'file',
  'pattern_id',
  'id',
] satisfies (keyof Row)[])

/** An empty name is none; an id that is none stays an attribute of its name. */
function valueOf(row: PlainRow, field: string): Json {
  const own = OWN.has(field) ? (row[field] ?? null) : null
  if (own !== null && own !== '') return own
  return Object.hasOwn(row.attributes, field) ? (row.attributes[field] ?? null) : null
}
