import { type IdColumn, numberOfPair, type TextColumn } from '#proto/columns.ts'
import { unpackBits } from './bit-packing.ts'
import {
  type ColumnReader,
  type OpenPage,
  PresenceBuilder,
  readCodes,
  readDifferences,
} from './column-reader.ts'
import { proven } from './corrupt.ts'
import { concatBytes } from './gather.ts'
import { ENCODING } from './page.ts'
import { type JoinedTexts, readPrefixTexts } from './prefix-texts.ts'

/** Columns of a row group out of their pages, in the form of proto/columns.ts. */

export interface Decoded<Values> {
  readonly values: Values
  readonly presence: Uint8Array | null
  readonly present: number
}

export function emptyBitmap(rowCount: number): Uint8Array {
  return new Uint8Array((rowCount + 7) >> 3)
}

export const NO_TEXTS: TextColumn = {
  heap: new Uint8Array(0),
  offsets: new Uint32Array(2),
  indexes: 'same',
}

export function decodeTexts(reader: ColumnReader): Decoded<TextColumn> {
  const presence = new PresenceBuilder(reader.rowCount)
  if (reader.isEmpty) {
    return { values: NO_TEXTS, presence: emptyBitmap(reader.rowCount), present: 0 }
  }
  const values = reader.isDictionary
    ? dictionaryTexts(reader, presence)
    : distinctTexts(reader, presence)
  return { values, presence: presence.bitmap(), present: presence.present }
}

function dictionaryTexts(reader: ColumnReader, presence: PresenceBuilder): TextColumn {
  const { valueCount, body } = reader.dictionary()
  const { heap, offsets } = splitTexts(body, valueCount, null)
  const indexes = gatherPages(reader, presence, codesBelow(valueCount))
  if (valueCount === 1) return { heap, offsets, indexes: 'same' }
  return { heap, offsets, indexes: concatUint32(indexes) }
}

function distinctTexts(reader: ColumnReader, presence: PresenceBuilder): TextColumn {
  const heaps: Uint8Array[] = []
  const lengths: Uint32Array[] = []
  let bytes = 0
  let count = 0
  for (const page of reader.pages()) {
    const picked = presence.add(page)
    const texts = openTexts(page, picked)
    heaps.push(texts.heap)
    lengths.push(texts.offsets)
    bytes += texts.heap.length
    count += texts.offsets.length - 1
  }
  const offsets = new Uint32Array(count + 1)
  let at = 0
  let base = 0
  for (const part of lengths) {
    for (let index = 1; index < part.length; index++) offsets[++at] = base + (part[index] as number)
    base += part[part.length - 1] as number
  }
  return { heap: concatBytes(heaps, bytes), offsets, indexes: 'each' }
}

/** Keeps only the texts numbered in `picked` (ascending; null = all). */
function openTexts({ page, present }: OpenPage, picked: Uint32Array | null): JoinedTexts {
  const { values, encoding } = page
  if (encoding === ENCODING.plain) return splitTexts(values, present, picked)
  proven(encoding === ENCODING.deltaByteArray, 'texts in an unknown encoding')
  return readPrefixTexts(values, present, picked)
}

/**
 * Takes out the 4 bytes of length before each text; keeps only the texts numbered in `picked`
 * (ascending; null = all).
 */
function splitTexts(body: Uint8Array, count: number, picked: Uint32Array | null): JoinedTexts {
  const starts = new Uint32Array(count)
  let at = 0
  for (let index = 0; index < count; index++) {
    proven(at + 4 <= body.length, 'texts end early')
    const length =
      ((body[at] as number) |
        ((body[at + 1] as number) << 8) |
        ((body[at + 2] as number) << 16) |
        ((body[at + 3] as number) << 24)) >>>
      0
    at += 4
    starts[index] = at
    proven(length <= body.length - at, 'text too long')
    at += length
  }
  proven(at === body.length, 'bytes left over behind the texts')
  return picked === null ? joinAll(body, starts) : joinSome(body, starts, picked)
}

/** End of text `index`: 4 bytes before the next one starts. */
function endOf(body: Uint8Array, starts: Uint32Array, index: number): number {
  return index + 1 < starts.length ? (starts[index + 1] as number) - 4 : body.length
}

function joinAll(body: Uint8Array, starts: Uint32Array): JoinedTexts {
  const count = starts.length
  const offsets = new Uint32Array(count + 1)
  // Moved together inside one copy: copyWithin needs no view for each text.
  const heap = new Uint8Array(body)
  let filled = 0
  for (let index = 0; index < count; index++) {
    const start = starts[index] as number
    const end = endOf(body, starts, index)
    heap.copyWithin(filled, start, end)
    filled += end - start
    offsets[index + 1] = filled
  }
  return { heap: heap.subarray(0, filled), offsets }
}

function joinSome(body: Uint8Array, starts: Uint32Array, picked: Uint32Array): JoinedTexts {
  const offsets = new Uint32Array(picked.length + 1)
  let filled = 0
  for (let index = 0; index < picked.length; index++) {
    const text = picked[index] as number
    filled += endOf(body, starts, text) - (starts[text] as number)
    offsets[index + 1] = filled
  }
  const heap = new Uint8Array(filled)
  for (let index = 0; index < picked.length; index++) {
    const text = picked[index] as number
    heap.set(body.subarray(starts[text], endOf(body, starts, text)), offsets[index])
  }
  return { heap, offsets }
}

export function decodeIds(reader: ColumnReader): IdColumn {
  const { width } = reader.column
  if (reader.isEmpty) {
    return { width, presence: emptyBitmap(reader.rowCount), heap: new Uint8Array(0) }
  }
  const presence = new PresenceBuilder(reader.rowCount)
  const heaps: Uint8Array[] = []
  let bytes = 0
  for (const page of reader.pages()) {
    const { values } = page.page
    proven(values.length === page.present * width, 'ids of another length')
    const heap = pickBytes(values, width, presence.add(page))
    heaps.push(heap)
    bytes += heap.length
  }
  return { width, presence: presence.bitmap(), heap: concatBytes(heaps, bytes) }
}

function pickBytes(heap: Uint8Array, width: number, values: Uint32Array | null): Uint8Array {
  if (values === null) return heap
  const picked = new Uint8Array(values.length * width)
  for (let index = 0; index < values.length; index++) {
    const start = (values[index] as number) * width
    for (let byte = 0; byte < width; byte++) {
      picked[index * width + byte] = heap[start + byte] as number
    }
  }
  return picked
}

/** INT64 and DOUBLE by their bits: pairs (low, high). */
export function decodePairs(reader: ColumnReader): Decoded<Int32Array> {
  if (reader.isDictionary) {
    const { values, ...presence } = decodeCodedPairs(reader)
    return { values: pairsOfCodes(values), ...presence }
  }
  if (reader.isEmpty) {
    return { values: new Int32Array(0), presence: emptyBitmap(reader.rowCount), present: 0 }
  }
  const presence = new PresenceBuilder(reader.rowCount)
  const pages = gatherPages(reader, presence, pickedOf(pagePairs, 2))
  const values = new Int32Array(pages.reduce((sum, page) => sum + page.length, 0))
  let at = 0
  for (const page of pages) {
    values.set(page, at)
    at += page.length
  }
  return { values, presence: presence.bitmap(), present: presence.present }
}

/** Value i is the pair number codes[i] of the entries. */
export interface CodedPairs {
  readonly codes: Uint32Array
  readonly entries: Int32Array
}

/** The same of a column with a dictionary, as it is stored. */
export function decodeCodedPairs(reader: ColumnReader): Decoded<CodedPairs> {
  const entries = decodeEntries(reader)
  const presence = new PresenceBuilder(reader.rowCount)
  const codes = concatUint32(gatherPages(reader, presence, codesBelow(entries.length >> 1)))
  return { values: { codes, entries }, presence: presence.bitmap(), present: presence.present }
}

export function pairsOfCodes({ codes, entries }: CodedPairs): Int32Array {
  const pairs = new Int32Array(codes.length * 2)
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] as number
    pairs[2 * index] = entries[2 * code] as number
    pairs[2 * index + 1] = entries[2 * code + 1] as number
  }
  return pairs
}

/** The entries of a dictionary as pairs. */
export function decodeEntries(reader: ColumnReader): Int32Array {
  const { valueCount, body } = reader.dictionary()
  proven(body.length === valueCount * 8, 'dictionary of another length')
  return int32s(body)
}

function pagePairs(page: OpenPage): Int32Array {
  const { encoding, values } = page.page
  if (encoding === ENCODING.plain) {
    proven(values.length === page.present * 8, 'numbers of another length')
    return int32s(values)
  }
  return pairsOf(readDifferences(page))
}

/** Little-endian words at any alignment. */
function int32s(bytes: Uint8Array): Int32Array {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return new Int32Array(copy.buffer)
}

function pairsOf(numbers: Float64Array): Int32Array {
  const pairs = new Int32Array(numbers.length * 2)
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] as number
    const high = Math.floor(number / 2 ** 32)
    pairs[2 * index] = number - high * 2 ** 32
    pairs[2 * index + 1] = high
  }
  return pairs
}

/** Whole numbers within 2^53 of a column that has a value in every row. */
export function decodeNumbers(reader: ColumnReader): Float64Array {
  const presence = new PresenceBuilder(reader.rowCount)
  if (!reader.isDictionary)
    return concatFloat64(gatherPages(reader, presence, pickedOf(readDifferences)))
  const { valueCount, body } = reader.dictionary()
  const width = reader.column.physical === 'INT32' ? 4 : 8
  proven(body.length === valueCount * width, 'dictionary of another length')
  const words = int32s(body)
  const entries = new Float64Array(valueCount)
  for (let entry = 0; entry < valueCount; entry++) {
    entries[entry] = width === 4 ? (words[entry] as number) : numberOfPair(words, entry)
  }
  const codes = concatUint32(gatherPages(reader, presence, codesBelow(valueCount)))
  const numbers = new Float64Array(codes.length)
  for (let row = 0; row < codes.length; row++) {
    numbers[row] = entries[codes[row] as number] as number
  }
  return numbers
}

/** One byte a value, out of one bit each. */
export function decodeBooleans(reader: ColumnReader): Decoded<Uint8Array> {
  if (reader.isEmpty) {
    return { values: new Uint8Array(0), presence: emptyBitmap(reader.rowCount), present: 0 }
  }
  const presence = new PresenceBuilder(reader.rowCount)
  const bits = gatherPages(reader, presence, pickedOf(pageBits))
  const values = new Uint8Array(concatUint32(bits))
  return { values, presence: presence.bitmap(), present: presence.present }
}

function pageBits({ page, present }: OpenPage): Uint32Array {
  proven(page.encoding === ENCODING.plain, 'booleans in an unknown encoding')
  proven(page.values.length === (present + 7) >> 3, 'booleans of another length')
  const values = new Uint32Array(present)
  unpackBits(page.values, 0, values, 0, present, 1)
  return values
}

type Words = Uint32Array | Float64Array | Int32Array

/** Decodes the present values of a page that are numbered in `picked` (ascending; null = all). */
type DecodePage<Values> = (page: OpenPage, picked: Uint32Array | null) => Values

function gatherPages<Values extends Words>(
  reader: ColumnReader,
  presence: PresenceBuilder,
  decode: DecodePage<Values>,
): Values[] {
  const pages: Values[] = []
  for (const page of reader.pages()) pages.push(decode(page, presence.add(page)))
  return pages
}

function codesBelow(dictionarySize: number): DecodePage<Uint32Array> {
  return (page, picked) => readCodes(page, picked, dictionarySize)
}

/** Decodes all and picks afterwards; `width` elements are one value. */
function pickedOf<Values extends Words>(
  decode: (page: OpenPage) => Values,
  width = 1,
): DecodePage<Values> {
  return (page, picked) => pickValues(decode(page), picked, width)
}

function pickValues<Values extends Words>(
  values: Values,
  picked: Uint32Array | null,
  width: number,
): Values {
  if (picked === null) return values
  const kept = values.slice(0, picked.length * width) as Values
  for (let index = 0; index < picked.length; index++) {
    for (let element = 0; element < width; element++) {
      kept[index * width + element] = values[(picked[index] as number) * width + element] as number
    }
  }
  return kept
}

function concatUint32(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0] as Uint32Array
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function concatFloat64(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0] as Float64Array
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
