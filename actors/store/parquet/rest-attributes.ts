import type { AttributeColumn, RowColumns, TextColumn } from '#proto/columns.ts'
import { entryOf, isPresent } from '#proto/columns.ts'
import { isJson } from '#proto/json-text.ts'
import { namedColumns } from './attribute-rows.ts'
import { ByteSink } from './byte-sink.ts'
import type { TextPart } from './gather.ts'
import { columnName, type SegmentSchema } from './schema.ts'

/** Attributes without a column, one JSON object a row. */
export interface RestAttributes {
  readonly parts: readonly TextPart[]
  /** All keys in there; null = more than are worth listing. */
  readonly keys: readonly string[] | null
}

const KEYS_MAX = 256

/** Writes what has no column in `schema` as JSON text. */
export function restAttributes(
  parts: readonly RowColumns[],
  schema: SegmentSchema,
): RestAttributes {
  const named = new Set(schema.attributes.map(columnName))
  const keys = new Set<string>()
  const rest = parts.map((part): TextPart => {
    const first = namedColumns(part.attributes)
    const columns = part.attributes.filter(column => {
      const name = columnName(column)
      return column.present > 0 && !(named.has(name) && first.get(name) === column)
    })
    for (const column of columns) keys.add(column.key)
    return columns.length === 0
      ? { rows: part.count, texts: null, presence: null }
      : writeRest(columns, part.count)
  })
  return { parts: rest, keys: keys.size > KEYS_MAX ? null : [...keys].sort() }
}

function writeRest(columns: readonly AttributeColumn[], rows: number): TextPart {
  const presence = new Uint8Array((rows + 7) >> 3)
  const offsets: number[] = [0]
  const sink = new ByteSink(rows * 64)
  const names = columns.map(column => Buffer.from(`${JSON.stringify(column.key)}:`))
  const next = new Uint32Array(columns.length)
  for (let row = 0; row < rows; row++) {
    let members = 0
    for (const [index, column] of columns.entries()) {
      if (!isPresent(column.presence, row)) continue
      sink.byte(members++ === 0 ? 0x7b : 0x2c)
      sink.append(names[index] as Uint8Array)
      writeValue(sink, column, next[index] as number)
      next[index] = (next[index] as number) + 1
    }
    if (members === 0) continue
    sink.byte(0x7d)
    offsets.push(sink.at)
    presence[row >> 3] = (presence[row >> 3] as number) | (1 << (row & 7))
  }
  const texts = {
    heap: sink.since(0),
    offsets: Uint32Array.from(offsets),
    indexes: 'each',
  } as const
  return { rows, texts, presence }
}

function writeValue(sink: ByteSink, column: AttributeColumn, value: number): void {
  switch (column.type) {
    case 's':
      writeText(sink, column.texts, value)
      break
    case 'j':
      writeJson(sink, column.texts, value)
      break
    case 'i':
      sink.append(Buffer.from(longText(column.ints, value)))
      break
    case 'd':
      sink.append(Buffer.from(doubleText(column.doubles[value] as number)))
      break
    case 'b':
      sink.append(Buffer.from(column.bools[value] === 1 ? 'true' : 'false'))
      break
  }
}

function longText(pairs: Int32Array, value: number): string {
  const high = BigInt(pairs[2 * value + 1] as number) << 32n
  return String(high | BigInt((pairs[2 * value] as number) >>> 0))
}

/** A double stays one when read again: 5 is written 5.0. JSON has no NaN and infinities: texts. */
function doubleText(number: number): string {
  if (!Number.isFinite(number)) return JSON.stringify(String(number))
  const text = Object.is(number, -0) ? '-0' : String(number)
  return /[.e]/u.test(text) ? text : `${text}.0`
}

function writeText(sink: ByteSink, texts: TextColumn, value: number): void {
  const entry = entryOf(texts, value)
  const bytes = texts.heap.subarray(texts.offsets[entry], texts.offsets[entry + 1])
  const plain = bytes.every(byte => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c)
  if (!plain) {
    sink.append(Buffer.from(JSON.stringify(Buffer.from(bytes).toString('utf8'))))
    return
  }
  sink.byte(0x22)
  sink.append(bytes)
  sink.byte(0x22)
}

/** JSON goes in as it is; what only claims to be JSON becomes a text. */
function writeJson(sink: ByteSink, texts: TextColumn, value: number): void {
  const entry = entryOf(texts, value)
  const start = texts.offsets[entry] as number
  const end = texts.offsets[entry + 1] as number
  if (isJson(texts.heap, start, end)) sink.append(texts.heap.subarray(start, end))
  else writeText(sink, texts, value)
}
