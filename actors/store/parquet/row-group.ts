import assert from 'node:assert/strict'
import { KnownOutlines } from '#actors/processing/patterns/known-outlines.ts'
import type { RowColumns, TextColumn } from '#proto/columns.ts'
import { AttributeTable } from './attribute-rows.ts'
import { GroupWriter } from './chunk-writer.ts'
import { encodeIndex } from './encode-index.ts'
import { writeLongs, writeShorts, writeSmall, writeTimes } from './encode-numbers.ts'
import { writeIds, writeTexts } from './encode-texts.ts'
import {
  gatherBytes,
  gatherFloats,
  gatherIds,
  gatherPairs,
  gatherShorts,
  gatherTexts,
  type IdRows,
  rowsOf,
  type TextPart,
  type TextRows,
} from './gather.ts'
import type { ColumnChunk, EncodedRowGroup, RowGroupSummary } from './layout.ts'
import { type MessageTokens, tokenizeMessages } from './message-tokens.ts'
import { countMinutes, LEVEL_COUNT } from './minute-counts.ts'
import { NumberCounts } from './number-counts.ts'
import { restAttributes } from './rest-attributes.ts'
import { type OrderKeys, orderRows } from './row-order.ts'
import { areMillis, type ColumnSchema, REST_COLUMN, type SegmentSchema } from './schema.ts'

export type {
  ColumnChunk,
  EncodedRowGroup,
  MinuteCounts,
  RowGroupLayout,
  RowGroupSummary,
} from './layout.ts'

/** More rows do not fit one row group; 32,768 is what it is made for. */
export const ROW_GROUP_ROWS_MAX = 65_536

/**
 * Sorts the rows of all parts (row-order.ts) and writes them as one row group. Pure; parts may be
 * batches or opened row groups. Attributes without a column in `schema` go to the JSON column.
 */
export function encodeRowGroup(
  parts: readonly RowColumns[],
  schema: SegmentSchema,
): EncodedRowGroup {
  const rowCount = rowsOf(parts)
  assert(rowCount > 0 && rowCount <= ROW_GROUP_ROWS_MAX, `row group of ${rowCount} rows`)
  const tokens = tokenizeMessages(parts, rowCount)
  const services = gatherTexts(
    textParts(parts, part => part.service),
    true,
  )
  assert(services.type === 'dictionary')
  const keys = orderKeys(parts, tokens, services.codes)
  const order = orderRows(keys)
  const group = new GroupWriter(order, rowCount * 64)
  const rest = restAttributes(parts, schema)
  const writer = new FixedColumns(group, parts, keys, tokens.outlines, services, rest.parts)
  const numbers = new NumberCounts(services.codes, services.entries.size)
  const attributes = new AttributeTable(parts, numbers)
  const first = schema.columns.length - schema.attributes.length
  const columns = schema.columns.map((column, index) => {
    const attribute = schema.attributes[index - first]
    return attribute === undefined
      ? writer.write(column)
      : attributes.write(group, column, attribute)
  })
  const summary = summarize(order, keys, services, writer.receivedAtUs)
  return {
    schema,
    rowCount,
    byteLength: group.sink.at,
    columns,
    restKeys: rest.keys,
    bytes: group.sink.since(0),
    index: encodeIndex(order, keys, tokens, writer, {
      summary,
      numbers: numbers.encode(schema.columns),
    }),
    summary,
  }
}

/** Index in LEVELS of each severity. Plain loops here and below: a call for each row is slow. */
function levelsOf(severity: Uint8Array): Uint8Array {
  const levels = new Uint8Array(severity.length)
  for (let row = 0; row < levels.length; row++) {
    levels[row] = Math.min(LEVEL_COUNT - 1, Math.max(0, ((severity[row] as number) - 1) >> 2))
  }
  return levels
}

function orderKeys(
  parts: readonly RowColumns[],
  shapes: MessageTokens,
  services: Uint32Array,
): OrderKeys {
  return {
    rowCount: rowsOf(parts),
    levels: levelsOf(gatherBytes(parts, part => part.severity)),
    shapes,
    services,
    timeUs: gatherFloats(parts, part => part.timeUs),
    timeSubNs: gatherShorts(parts, part => part.timeSubNs),
    producer: gatherPairs(parts, part => part.producer),
    seq: gatherPairs(parts, part => part.seq),
    row: gatherShorts(parts, part => part.row),
  }
}

function textParts(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => TextColumn,
): TextPart[] {
  return parts.map(part => ({ rows: part.count, texts: pick(part), presence: null }))
}

/** Writes the columns that every schema has, by name. */
class FixedColumns {
  readonly receivedAtUs: Float64Array
  readonly traces: IdRows
  readonly spans: IdRows
  readonly #group: GroupWriter
  readonly #parts: readonly RowColumns[]
  readonly #keys: OrderKeys
  readonly #outlines: Int32Array
  readonly #services: TextRows
  readonly #rest: readonly TextPart[]

  constructor(
    group: GroupWriter,
    parts: readonly RowColumns[],
    keys: OrderKeys,
    outlines: Int32Array,
    services: TextRows,
    rest: readonly TextPart[],
  ) {
    this.#group = group
    this.#parts = parts
    this.#keys = keys
    this.#outlines = outlines
    this.#services = services
    this.#rest = rest
    this.traces = gatherIds(parts, part => part.traceId)
    this.spans = gatherIds(parts, part => part.spanId)
    this.receivedAtUs = gatherFloats(parts, part => part.receivedAtUs)
  }

  write(column: ColumnSchema): ColumnChunk {
    const parts = this.#parts
    const keys = this.#keys
    const group = this.#group
    const texts = (pick: (part: RowColumns) => TextColumn): ColumnChunk =>
      writeTexts(group, column, gatherTexts(textParts(parts, pick)))
    const longs = (pairs: Int32Array): ColumnChunk =>
      writeLongs(group, column, { levels: null, present: keys.rowCount, pairs, values: null })
    switch (column.name) {
      case 'time':
        return writeTimes(group, column, inUnitOf(column, keys.timeUs), false)
      case 'time_sub_ns':
        return writeShorts(group, column, keys.timeSubNs)
      case 'received_at':
        return writeTimes(group, column, this.receivedAtUs, true)
      case 'kind':
        return writeSmall(
          group,
          column,
          gatherBytes(parts, part => part.kind),
        )
      case 'flags':
        return writeSmall(
          group,
          column,
          gatherBytes(parts, part => part.flags),
        )
      case 'severity':
        return writeSmall(
          group,
          column,
          gatherBytes(parts, part => part.severity),
        )
      case 'severity_text':
        return texts(part => part.severityText)
      case 'service':
        return writeTexts(group, column, this.#services)
      case 'host':
        return texts(part => part.host)
      case 'file':
        return texts(part => part.file)
      case 'message':
        return texts(part => part.message)
      case 'trace_id':
        return writeIds(group, column, this.traces)
      case 'span_id':
        return writeIds(group, column, this.spans)
      case 'pattern_id':
        return this.#patterns(column)
      case 'producer':
        return longs(keys.producer)
      case 'seq':
        return longs(keys.seq)
      case 'row':
        return writeShorts(group, column, keys.row)
      case REST_COLUMN:
        return writeTexts(group, column, gatherTexts(this.#rest))
      default:
        return assert.fail(`no such column: ${column.name}`)
    }
  }

  /** Made here, where messages are looked at anyway; compaction keeps what is stored. */
  #patterns(column: ColumnSchema): ColumnChunk {
    const known = new KnownOutlines()
    let row = 0
    const pairs = gatherPairs(this.#parts, ({ patternId, message, count }) => {
      const outlines = this.#outlines.subarray(2 * row)
      row += count
      return patternId ?? known.sign(message, count, outlines)
    })
    const present = this.#keys.rowCount
    return writeLongs(this.#group, column, { levels: null, present, pairs, values: null })
  }
}

function inUnitOf({ logical }: ColumnSchema, timeUs: Float64Array): Float64Array {
  if (logical !== 'timestamp-ms') return timeUs
  assert(areMillis(timeUs), 'a schema in milliseconds is for whole ones')
  const millis = new Float64Array(timeUs.length)
  for (let row = 0; row < millis.length; row++) millis[row] = (timeUs[row] as number) / 1_000
  return millis
}

function summarize(
  order: Uint32Array,
  keys: OrderKeys,
  services: TextRows & { readonly type: 'dictionary' },
  receivedAtUs: Float64Array,
): RowGroupSummary {
  const { heap, offsets, size } = services.entries
  const names = Array.from({ length: size }, (_, entry) =>
    Buffer.from(heap.buffer, heap.byteOffset).toString('utf8', offsets[entry], offsets[entry + 1]),
  )
  const [timeMinUs, timeMaxUs] = rangeOf(keys.timeUs)
  const [receivedMinUs, receivedMaxUs] = rangeOf(receivedAtUs)
  const counts = countMinutes(order, keys, names)
  const { rowCount } = keys
  return { rowCount, timeMinUs, timeMaxUs, receivedMinUs, receivedMaxUs, counts }
}

function rangeOf(times: Float64Array): readonly [number, number] {
  let min = times[0] as number
  let max = min
  for (let row = 1; row < times.length; row++) {
    const time = times[row] as number
    if (time < min) min = time
    else if (time > max) max = time
  }
  return [min, max]
}
