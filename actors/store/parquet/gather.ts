import type { IdColumn, RowColumns, TextColumn } from '#proto/columns.ts'
import { isPresent } from '#proto/columns.ts'
import { placeOf } from '#runtime/shared-copy.ts'
import { PairInterner, TextInterner } from './interner.ts'

/**
 * The rows of several parts as one table, column by column and in the order of the parts. Rows
 * are never moved here: a later permutation picks them.
 */

/** Which rows have a value: one byte a row, null = all. */
export interface Presence {
  readonly levels: Uint8Array | null
  readonly present: number
}

/** A dictionary is worth it while values repeat at least so often on the average. */
const REPEATS_MIN = 4
/** A larger dictionary would have to be read whole for a single row. */
const DICTIONARY_BYTES_MAX = 1024 * 1024
/** Values looked at before a dictionary is tried at all. */
const SAMPLE = 256
const SAMPLE_DISTINCT_MAX = SAMPLE * 0.6

/** Texts of one column: numbered entries, or every row's bytes in one heap. */
export type TextRows =
  | (Presence & {
      readonly type: 'dictionary'
      readonly entries: TextInterner
      /** Entry of each row; 0 where absent. */
      readonly codes: Uint32Array
    })
  | (Presence & {
      readonly type: 'plain'
      readonly heaps: readonly Uint8Array[]
      readonly heapBytes: number
      /** Bytes of the longest text. */
      readonly longest: number
      /** Row r is [starts[r], ends[r]) of the heaps, each at its `placeOf` behind the one before. */
      readonly starts: Uint32Array
      readonly ends: Uint32Array
    })

/** A text column of one part; null = no row of it has a value. */
export interface TextPart {
  readonly rows: number
  readonly texts: TextColumn | null
  readonly presence: Uint8Array | null
}

export function rowCountOf(parts: readonly { readonly rows: number }[]): number {
  return parts.reduce((sum, part) => sum + part.rows, 0)
}

/** Gathers texts; `always` makes a dictionary however many entries it gets. */
export function gatherTexts(parts: readonly TextPart[], always = false): TextRows {
  const presence = gatherPresence(parts)
  if (!always && looksDistinct(parts)) return { type: 'plain', ...presence, ...plainTexts(parts) }
  const limit = always ? Number.POSITIVE_INFINITY : Math.max(16, presence.present / REPEATS_MIN)
  const coded = codeTexts(parts, limit)
  if (coded !== null) return { type: 'dictionary', ...presence, ...coded }
  return { type: 'plain', ...presence, ...plainTexts(parts) }
}

/** One byte a row out of the parts' bitmaps. */
export function gatherPresence(
  parts: readonly { rows: number; texts?: unknown; presence: Uint8Array | null }[],
): Presence {
  const rowCount = rowCountOf(parts)
  const whole = parts.every(part => part.texts !== null && part.presence === null)
  if (whole) return { levels: null, present: rowCount }
  const levels = new Uint8Array(rowCount)
  let row = 0
  let present = 0
  for (const part of parts) {
    if (part.texts === null) row += part.rows
    else if (part.presence === null) {
      levels.fill(1, row, row + part.rows)
      row += part.rows
      present += part.rows
    } else {
      const { presence } = part
      for (let index = 0, bits = 0; index < part.rows; index++) {
        bits = (index & 7) === 0 ? (presence[index >> 3] as number) : bits >> 1
        levels[row++] = bits & 1
        present += bits & 1
      }
    }
  }
  return present === rowCount ? { levels: null, present } : { levels, present }
}

/** True when a sample has nearly no repeats: then no dictionary is tried. */
function looksDistinct(parts: readonly TextPart[]): boolean {
  const sample = new TextInterner()
  let looked = 0
  const perPart = Math.ceil(SAMPLE / Math.max(1, parts.length))
  for (const { texts } of parts) {
    if (texts === null || texts.indexes === 'same') continue
    const { heap, offsets, indexes } = texts
    const size = indexes === 'each' ? offsets.length - 1 : indexes.length
    const step = Math.max(1, Math.floor(size / perPart))
    for (let index = 0; index < size; index += step) {
      const entry = indexes === 'each' ? index : (indexes[index] as number)
      sample.intern(heap, offsets[entry] as number, offsets[entry + 1] as number)
      looked++
    }
  }
  return looked >= SAMPLE / 2 && sample.size > (looked * SAMPLE_DISTINCT_MAX) / SAMPLE
}

function codeTexts(
  parts: readonly TextPart[],
  limit: number,
): { readonly entries: TextInterner; readonly codes: Uint32Array } | null {
  const entries = new TextInterner()
  const codes = new Uint32Array(rowCountOf(parts))
  let row = 0
  for (const part of parts) {
    if (part.texts !== null) codePart(part, part.texts, entries, codes, row)
    const isTooLarge = entries.size > limit || entries.heapBytes() > DICTIONARY_BYTES_MAX
    if (isTooLarge && limit !== Number.POSITIVE_INFINITY) return null
    row += part.rows
  }
  return { entries, codes }
}

function codePart(
  part: TextPart,
  texts: TextColumn,
  entries: TextInterner,
  codes: Uint32Array,
  firstRow: number,
): void {
  const { heap, offsets, indexes } = texts
  const { presence, rows } = part
  const codeOf = (entry: number): number =>
    entries.intern(heap, offsets[entry] as number, offsets[entry + 1] as number)
  if (indexes === 'same' && presence === null) {
    codes.fill(codeOf(0), firstRow, firstRow + rows)
    return
  }
  // Entries are numbered when a row first uses them: unused ones do not reach the file.
  const numbers = new Int32Array(offsets.length - 1).fill(-1)
  let value = 0
  for (let index = 0; index < rows; index++) {
    if (presence !== null && !isPresent(presence, index)) continue
    const entry = indexes === 'each' ? value : indexes === 'same' ? 0 : (indexes[value] as number)
    value++
    let code = numbers[entry] as number
    if (code < 0) {
      code = codeOf(entry)
      numbers[entry] = code
    }
    codes[firstRow + index] = code
  }
}

function plainTexts(parts: readonly TextPart[]): {
  readonly heaps: readonly Uint8Array[]
  readonly heapBytes: number
  readonly longest: number
  readonly starts: Uint32Array
  readonly ends: Uint32Array
} {
  const rowCount = rowCountOf(parts)
  const starts = new Uint32Array(rowCount)
  const ends = new Uint32Array(rowCount)
  const heaps: Uint8Array[] = []
  let base = 0
  let row = 0
  let longest = 0
  for (const part of parts) {
    if (part.texts === null) {
      row += part.rows
      continue
    }
    const { heap, offsets, indexes } = part.texts
    const { presence } = part
    base = placeOf(heap, base)
    let value = 0
    for (let index = 0; index < part.rows; index++, row++) {
      if (!isPresent(presence, index)) continue
      const entry = indexes === 'each' ? value : indexes === 'same' ? 0 : (indexes[value] as number)
      value++
      const start = offsets[entry] as number
      const end = offsets[entry + 1] as number
      starts[row] = base + start
      ends[row] = base + end
      if (end - start > longest) longest = end - start
    }
    const used = heap.subarray(0, offsets[offsets.length - 1] as number)
    heaps.push(used)
    base += used.length
  }
  return { heaps, heapBytes: base, longest, starts, ends }
}

export function concatBytes(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array
  const whole = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Ids of fixed width: value v is heap[v * width, (v + 1) * width). */
export interface IdRows extends Presence {
  readonly width: number
  readonly heap: Uint8Array
  /** The value of each row; null = the row's own number. */
  readonly values: Uint32Array | null
}

export function gatherIds(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => IdColumn,
): IdRows {
  const columns = parts.map(part => ({ rows: part.count, ...pick(part) }))
  const width = (columns[0] as IdColumn).width
  const presence = gatherPresence(columns)
  const heaps = columns.map(column => column.heap)
  const length = heaps.reduce((sum, heap) => sum + heap.length, 0)
  return {
    ...presence,
    width,
    heap: concatBytes(heaps, length),
    values: valueNumbers(presence),
  }
}

/** For each row the number of its value among the present ones; null = the row's own number. */
export function valueNumbers({ levels }: Presence): Uint32Array | null {
  if (levels === null) return null
  const numbers = new Uint32Array(levels.length)
  let value = 0
  for (let row = 0; row < numbers.length; row++) {
    numbers[row] = value
    value += levels[row] as number
  }
  return numbers
}

/** One number a row, copied part by part. */
export function gatherFloats(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => Float64Array,
): Float64Array {
  const whole = new Float64Array(rowsOf(parts))
  let row = 0
  for (const part of parts) {
    whole.set(pick(part), row)
    row += part.count
  }
  return whole
}

export function gatherBytes(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => Uint8Array,
): Uint8Array {
  const whole = new Uint8Array(rowsOf(parts))
  let row = 0
  for (const part of parts) {
    whole.set(pick(part), row)
    row += part.count
  }
  return whole
}

export function gatherShorts(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => Uint16Array | null,
): Uint16Array {
  const whole = new Uint16Array(rowsOf(parts))
  let row = 0
  for (const part of parts) {
    const column = pick(part)
    if (column !== null) whole.set(column, row)
    row += part.count
  }
  return whole
}

/** Pairs (low, high) of each row. */
export function gatherPairs(
  parts: readonly RowColumns[],
  pick: (part: RowColumns) => Int32Array,
): Int32Array {
  const whole = new Int32Array(rowsOf(parts) * 2)
  let row = 0
  for (const part of parts) {
    whole.set(pick(part), row * 2)
    row += part.count
  }
  return whole
}

export function rowsOf(parts: readonly RowColumns[]): number {
  return parts.reduce((sum, part) => sum + part.count, 0)
}

/** Numbers the distinct 8-byte values; null once there are more than `limit`. */
export function codePairs(
  pairs: Int32Array,
  limit: number,
): { readonly entries: PairInterner; readonly codes: Uint32Array } | null {
  const entries = new PairInterner()
  const count = pairs.length >> 1
  const codes = new Uint32Array(count)
  let lastLow = 0
  let lastHigh = 0
  let lastCode = -1
  for (let index = 0; index < count; index++) {
    const low = pairs[2 * index] as number
    const high = pairs[2 * index + 1] as number
    if (lastCode < 0 || low !== lastLow || high !== lastHigh) {
      lastLow = low
      lastHigh = high
      lastCode = entries.intern(low, high)
      if (entries.size > limit) return null
    }
    codes[index] = lastCode
  }
  return { entries, codes }
}
