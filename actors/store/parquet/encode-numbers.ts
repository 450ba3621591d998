import { numberOfPair } from '#proto/columns.ts'
import { packBits } from './bit-packing.ts'
import {
  type Bounds,
  ChunkWriter,
  type GroupWriter,
  NO_BOUNDS,
  writeEmptyChunk,
} from './chunk-writer.ts'
import { DELTA_SPAN_MAX, writeDeltas } from './delta.ts'
import { writeCodes } from './encode-codes.ts'
import { pageRowsFor } from './encode-texts.ts'
import { codePairs, type Presence } from './gather.ts'
import type { ColumnChunk } from './layout.ts'
import type { NumberCounts } from './number-counts.ts'
import { ENCODING } from './page.ts'
import type { ColumnSchema } from './schema.ts'

/** A dictionary of numbers is tried while values repeat at least so often. */
const REPEATS_MIN = 4

/** Numbers of every row by which a row of the parts is picked. */
export interface NumberRows extends Presence {
  readonly pairs: Int32Array
  /** Pair of each row; null = the row's own number. */
  readonly values: Uint32Array | null
  /** Absent = numbers by which nobody asks for services. */
  readonly counts?: NumberCounts
}

/** Whole numbers 0-255 (as INT32): always a dictionary. */
export function writeSmall(
  group: GroupWriter,
  column: ColumnSchema,
  numbers: Uint8Array,
): ColumnChunk {
  const codeOf = new Int32Array(256).fill(-1)
  const entries: number[] = []
  const codes = new Uint8Array(numbers.length)
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] as number
    let code = codeOf[number] as number
    if (code < 0) {
      code = entries.length
      codeOf[number] = code
      entries.push(number)
    }
    codes[row] = code
  }
  const rows = { levels: null, present: numbers.length, codes }
  return writeCodes(group, column, rows, {
    body: int32Bytes(entries),
    size: entries.length,
    bounds: smallBounds(Math.min(...entries), Math.max(...entries)),
    compression: 'numbers',
  })
}

const NO_CODES = new Uint8Array(0)

/** The same whole number (as INT32) in every row. */
function writeSame(group: GroupWriter, column: ColumnSchema, number: number): ColumnChunk {
  const rows = { levels: null, present: group.order.length, codes: NO_CODES }
  return writeCodes(group, column, rows, {
    body: int32Bytes([number]),
    size: 1,
    bounds: smallBounds(number, number),
    compression: 'none',
  })
}

/** Whole numbers of 16 bits (as INT32): all alike in a dictionary, else by their differences. */
export function writeShorts(
  group: GroupWriter,
  column: ColumnSchema,
  numbers: Uint16Array,
): ColumnChunk {
  let min = numbers[0] as number
  let max = min
  for (let row = 1; row < numbers.length; row++) {
    const number = numbers[row] as number
    if (number < min) min = number
    else if (number > max) max = number
  }
  if (min === max) return writeSame(group, column, min)
  if (max < 256) return writeSmall(group, column, new Uint8Array(numbers))
  return writeDifferences(group, column, numbers, smallBounds(min, max))
}

function smallBounds(min: number, max: number): Bounds {
  return { min: int32Bytes([min]), max: int32Bytes([max]) }
}

function int32Bytes(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(numbers).buffer)
}

/** Times: whole numbers below 2^52 (the year 2112) as INT64. */
export function writeTimes(
  group: GroupWriter,
  column: ColumnSchema,
  times: Float64Array,
  repeated: boolean,
): ColumnChunk {
  let min = times[0] as number
  let max = min
  for (let row = 1; row < times.length; row++) {
    const time = times[row] as number
    if (time < min) min = time
    else if (time > max) max = time
  }
  const bounds = { min: int64Bytes([min]), max: int64Bytes([max]) }
  if (repeated) {
    const bits = new Int32Array(times.buffer, times.byteOffset, times.length * 2)
    const coded = codePairs(bits, times.length / REPEATS_MIN)
    if (coded !== null) {
      const { pairs, size } = coded.entries
      const entries = new Float64Array(pairs.slice(0, size * 2).buffer)
      const rows = { levels: null, present: times.length, codes: coded.codes }
      const body = int64Bytes(entries)
      return writeCodes(group, column, rows, { body, size, bounds, compression: 'numbers' })
    }
  }
  return writeDifferences(group, column, times, bounds)
}

function int64Bytes(numbers: ArrayLike<number>): Uint8Array {
  const pairs = new Int32Array(numbers.length * 2)
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] as number
    const high = Math.floor(number / 2 ** 32)
    pairs[2 * index] = number - high * 2 ** 32
    pairs[2 * index + 1] = high
  }
  return new Uint8Array(pairs.buffer)
}

function writeDifferences(
  group: GroupWriter,
  column: ColumnSchema,
  numbers: Float64Array | Uint16Array,
  bounds: Bounds,
): ColumnChunk {
  const { order, values: sink } = group
  const sorted = group.numbers
  for (let place = 0; place < order.length; place++) {
    sorted[place] = numbers[order[place] as number] as number
  }
  const chunk = new ChunkWriter(group, column, 'numbers')
  sink.at = 0
  writeDeltas(sink, sorted, 0, order.length)
  chunk.page({ from: 0, to: order.length }, null, ENCODING.deltaBinaryPacked, sink.since(0))
  return chunk.finish(bounds)
}

/** INT64 as pairs: a dictionary while values repeat, differences if small enough, else plain. */
export function writeLongs(
  group: GroupWriter,
  column: ColumnSchema,
  rows: NumberRows,
): ColumnChunk {
  if (rows.present === 0) return writeEmptyChunk(group, column)
  const coded = writeCodedPairs(group, column, rows, longBounds)
  if (coded !== null) return coded
  const bounds = longBounds(rows.pairs)
  return (
    writeLongDifferences(group, column, rows, bounds) ??
    writePlainPairs(group, column, rows, bounds)
  )
}

/** Doubles by their bits: a dictionary while they repeat, else plain. */
export function writeDoubles(
  group: GroupWriter,
  column: ColumnSchema,
  rows: NumberRows,
): ColumnChunk {
  if (rows.present === 0) return writeEmptyChunk(group, column)
  return (
    writeCodedPairs(group, column, rows, doubleBounds) ??
    writePlainPairs(group, column, rows, doubleBounds(rows.pairs))
  )
}

function writeCodedPairs(
  group: GroupWriter,
  column: ColumnSchema,
  rows: NumberRows,
  boundsOf: (pairs: Int32Array) => Bounds,
): ColumnChunk | null {
  const coded = codePairs(rows.pairs, Math.max(16, rows.present / REPEATS_MIN))
  if (coded === null) return null
  const { size } = coded.entries
  const entries = coded.entries.pairs.subarray(0, size * 2)
  const body = new Uint8Array(entries.buffer, 0, size * 8)
  const bounds = boundsOf(entries)
  const { codes } = coded
  rows.counts?.add(column, { ...rows, codes, size })
  return writeCodes(
    group,
    column,
    { ...rows, codes },
    { body, size, bounds, compression: 'numbers' },
  )
}

function writeLongDifferences(
  group: GroupWriter,
  column: ColumnSchema,
  rows: NumberRows,
  bounds: Bounds,
): ColumnChunk | null {
  const { order, values: sink } = group
  const sorted = group.numbers
  let count = 0
  for (let place = 0; place < order.length; place++) {
    const row = order[place] as number
    if (rows.levels !== null && rows.levels[row] === 0) continue
    const value = rows.values === null ? row : (rows.values[row] as number)
    const number = numberOfPair(rows.pairs, value)
    if (Math.abs(number) >= DELTA_SPAN_MAX / 2) return null
    sorted[count++] = number
  }
  const chunk = new ChunkWriter(group, column, 'numbers')
  sink.at = 0
  writeDeltas(sink, sorted, 0, count)
  chunk.page({ from: 0, to: order.length }, rows.levels, ENCODING.deltaBinaryPacked, sink.since(0))
  return chunk.finish(bounds)
}

function writePlainPairs(
  group: GroupWriter,
  column: ColumnSchema,
  rows: NumberRows,
  bounds: Bounds,
): ColumnChunk {
  const { order } = group
  const chunk = new ChunkWriter(group, column, 'numbers')
  const pageRows = pageRowsFor(order.length, rows.present * 8)
  const page = new Int32Array(Math.min(pageRows, order.length) * 2)
  for (let from = 0; from < order.length; from += pageRows) {
    const to = Math.min(order.length, from + pageRows)
    let at = 0
    for (let place = from; place < to; place++) {
      const row = order[place] as number
      if (rows.levels !== null && rows.levels[row] === 0) continue
      const value = rows.values === null ? row : (rows.values[row] as number)
      page[at++] = rows.pairs[2 * value] as number
      page[at++] = rows.pairs[2 * value + 1] as number
    }
    chunk.page({ from, to }, rows.levels, ENCODING.plain, new Uint8Array(page.buffer, 0, at * 4))
  }
  return chunk.finish(bounds)
}

function longBounds(pairs: Int32Array): Bounds {
  let min = 0
  let max = 0
  for (let index = 2; index < pairs.length; index += 2) {
    if (comparePairs(pairs, index, min) < 0) min = index
    else if (comparePairs(pairs, index, max) > 0) max = index
  }
  const bytes = (index: number): Uint8Array => new Uint8Array(pairs.slice(index, index + 2).buffer)
  return { min: bytes(min), max: bytes(max) }
}

function comparePairs(pairs: Int32Array, a: number, b: number): number {
  return (
    (pairs[a + 1] as number) - (pairs[b + 1] as number) ||
    ((pairs[a] as number) >>> 0) - ((pairs[b] as number) >>> 0)
  )
}

/** NaN has no place in an order: no bounds. The zeros are one: the smaller is -0, the larger +0. */
function doubleBounds(pairs: Int32Array): Bounds {
  const numbers = new Float64Array(pairs.buffer, pairs.byteOffset, pairs.length >> 1)
  let min = numbers[0] as number
  let max = min
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] as number
    if (Number.isNaN(number)) return NO_BOUNDS
    if (number < min) min = number
    else if (number > max) max = number
  }
  const bytes = (number: number): Uint8Array => new Uint8Array(Float64Array.of(number).buffer)
  return { min: bytes(min === 0 ? -0 : min), max: bytes(max === 0 ? 0 : max) }
}

/** Booleans, one byte each in, one bit each out. */
export function writeBooleans(
  group: GroupWriter,
  column: ColumnSchema,
  rows: Presence & { readonly bools: Uint8Array; readonly values: Uint32Array | null },
): ColumnChunk {
  if (rows.present === 0) return writeEmptyChunk(group, column)
  const { order, values: sink } = group
  const sorted = new Uint8Array(rows.present)
  let count = 0
  for (let place = 0; place < order.length; place++) {
    const row = order[place] as number
    if (rows.levels !== null && rows.levels[row] === 0) continue
    sorted[count++] = rows.bools[
      rows.values === null ? row : (rows.values[row] as number)
    ] as number
  }
  const chunk = new ChunkWriter(group, column, 'numbers')
  sink.at = 0
  packBits(sink, sorted, 0, count, 1)
  chunk.page({ from: 0, to: order.length }, rows.levels, ENCODING.plain, sink.since(0))
  return chunk.finish(NO_BOUNDS)
}
