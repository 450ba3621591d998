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
import { formatRowId, joinInt64 } from '#proto/row-id.ts'
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

const FLAG_NAMES = [
  [ROW_FLAGS.levelInferred, 'level_inferred'],
  [ROW_FLAGS.levelDefaulted, 'level_defaulted'],
  [ROW_FLAGS.timeMissing, 'time_missing'],
  [ROW_FLAGS.timeClamped, 'time_clamped'],
] as const

/** For every combination of flags the JSON array that names them. */
const FLAGS_JSON = Array.from({ length: 16 }, (_, flags) =>
  JSON.stringify(FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)),
)

function textOf(column: TextColumn, index: number): string {
  return entryText(column, entryOf(column, index))
}

function idJson(column: IdColumn, index: number): string {
  const { presence, heap, width } = column
  if (!isPresent(presence, index)) return 'null'
  const at = valueNumber(presence, index) * width
  const bytes = Buffer.from(heap.buffer, heap.byteOffset + at, width)
  return `"${bytes.toString('hex')}"`
}

function attributesJson(columns: readonly AttributeColumn[], index: number): string {
  let json = ''
  for (const column of columns) {
    if (!isPresent(column.presence, index)) continue
    const value = valueJson(column, valueNumber(column.presence, index))
    json += `${json === '' ? '' : ','}${JSON.stringify(column.key)}:${value}`
  }
  return json
}

function valueJson(column: AttributeColumn, value: number): string {
  switch (column.type) {
    case 's':
      return JSON.stringify(textOf(column.texts, value))
    case 'j':
      return portableJson(textOf(column.texts, value))
    case 'i':
      return intJson(column.ints, value)
    case 'd':
      return doubleJson(column.doubles[value] as number)
    case 'b':
      return column.bools[value] === 1 ? 'true' : 'false'
  }
}

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** JSON text whose integers beyond 2^53 are strings, so that no reader rounds them. */
function portableJson(text: string): string {
  if (!/\d{16}/.test(text)) return text
  const quote: SourceReviver = (_, value, { source }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? source
      : value
  return JSON.stringify(JSON.parse(text, quote as Parameters<typeof JSON.parse>[1]))
}

function intJson(pairs: Int32Array, value: number): string {
  const low = (pairs[value * 2] as number) >>> 0
  const number = (pairs[value * 2 + 1] as number) * 2 ** 32 + low
  return Number.isSafeInteger(number) ? String(number) : `"${pairText(pairs, value)}"`
}

/** JSON has no word for what is not finite; as text it is at least not lost. */
function doubleJson(double: number): string {
  return Number.isFinite(double) ? JSON.stringify(double) : `"${double}"`
}

function pairText(pairs: Int32Array, index: number): string {
  return String(joinInt64(pairs[index * 2] as number, pairs[index * 2 + 1] as number))
}

function rowIdOf(rows: RowColumns, index: number): string {
  const { producer, seq, row } = rows
  return formatRowId({
    producerLow: producer[index * 2] as number,
    producerHigh: producer[index * 2 + 1] as number,
    seqLow: seq[index * 2] as number,
    seqHigh: seq[index * 2 + 1] as number,
    row: row[index] as number,
  })
}

/** How many present values stand before `index`: where its own value is. */
function valueNumber(presence: Uint8Array | null, index: number): number {
  if (presence === null) return index
  let count = 0
  const bytes = index >> 3
  for (let byte = 0; byte < bytes; byte++) count += BITS[presence[byte] as number] as number
  const below = (1 << (index & 7)) - 1
  return count + (BITS[(presence[bytes] as number) & below] as number)
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1
  return bits
})
