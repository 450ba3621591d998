/** A row as search, tail and CLI give it: the Row of proto/api.ts as JSON text. */
import { levelOfSeverity } from '#proto/api.ts'
import {
  type AttributeColumn,
  entryOf,
  type IdColumn,
  isPresent,
  ROW_FLAGS,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import { encodeRowId } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { entryText } from './folded-bytes.ts'

/** Row `index` as JSON text; integers beyond 2^53 as strings. */
export function rowJson(rows: RowColumns, index: number): string {
  const subNs = rows.timeSubNs === null ? 0 : (rows.timeSubNs[index] as number)
  const severityText = textOf(rows.severityText, index)
  const flags = rows.flags[index] as number
  return (
    `{"time":"${formatTime(rows.timeUs[index] as number, subNs)}"` +
    `,"level":"${levelOfSeverity(rows.severity[index] as number)}"` +
    (severityText === '' ? '' : `,"severity_text":${JSON.stringify(severityText)}`) +
    `,"service":${JSON.stringify(textOf(rows.service, index))}` +
    `,"host":${JSON.stringify(textOf(rows.host, index))}` +
    `,"message":${JSON.stringify(textOf(rows.message, index))}` +
    `,"trace_id":${idJson(rows.traceId, index)}` +
    `,"span_id":${idJson(rows.spanId, index)}` +
    `,"attributes":{${attributesJson(rows.attributes, index)}}` +
    `,"ingested_at":"${formatTime(rows.receivedAtUs[index] as number, 0)}"` +
    `,"file":${JSON.stringify(textOf(rows.file, index))}` +
    `,"pattern_id":${rows.patternId === null ? 'null' : `"${pairText(rows.patternId, index)}"`}` +
    `,"id":"${rowIdOf(rows, index)}"` +
    (flags === 0 ? '' : `,"flags":${FLAGS_JSON[flags & 15]}`) +
    '}'
  )
}
