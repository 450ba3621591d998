import { placeOf } from '#runtime/shared-copy.ts'
import { ByteSink } from './byte-sink.ts'
import {
  type Bounds,
  ChunkWriter,
  type GroupWriter,
  NO_BOUNDS,
  writeEmptyChunk,
} from './chunk-writer.ts'
import { writeCodes } from './encode-codes.ts'
import type { IdRows, TextRows } from './gather.ts'
import type { TextInterner } from './interner.ts'
import type { ColumnChunk } from './layout.ts'
import { ENCODING } from './page.ts'
import { havePrefixes, type OrderedTexts, writePrefixTexts } from './prefix-texts.ts'
import type { ColumnSchema } from './schema.ts'
import { Scratch } from './scratch.ts'

/** Rows of one page of bulky values: what an index block has, or a power of two more. */
const PAGE_ROWS = 2_048
/** Pages of short values take more rows, up to about this many bytes. */
const PAGE_BYTES = 128 * 1024
/** Pages of long values take fewer rows. */
const PAGE_BYTES_MAX = 1024 * 1024
/** Rows of a page of texts that are short without their prefixes. */
const PREFIX_PAGE_ROWS = 8_192
/** Up to here a loop over four bytes at a time is quicker than a call. */
const SHORT_BYTES = 128
/** Longer texts get no bounds: they prune nothing and fill the footer. */
const BOUND_BYTES_MAX = 64

export function writeTexts(group: GroupWriter, column: ColumnSchema, rows: TextRows): ColumnChunk {
  if (rows.present === 0) return writeEmptyChunk(group, column)
  return rows.type === 'dictionary'
    ? writeCodes(group, column, rows, {
        body: textDictionary(rows.entries),
        size: rows.entries.size,
        bounds: textBounds(rows.entries),
        compression: 'texts',
      })
    : writeDistinctTexts(group, column, rows)
}

/** PLAIN: 4 bytes of length before each text. Delta lengths cost 0.5 B a row more after zstd. */
function textDictionary(entries: TextInterner): Uint8Array {
  const sink = new ByteSink(entries.heapBytes() + entries.size * 4)
  for (let entry = 0; entry < entries.size; entry++) {
    const start = entries.offsets[entry] as number
    const end = entries.offsets[entry + 1] as number
    sink.uint32(end - start)
    for (let at = start; at < end; at++) sink.bytes[sink.at++] = entries.heap[at] as number
  }
  return sink.since(0)
}

function textBounds(entries: TextInterner): Bounds {
  const texts = Array.from({ length: entries.size }, (_, entry) =>
    entries.heap.subarray(entries.offsets[entry], entries.offsets[entry + 1]),
  )
  let min = texts[0] as Uint8Array
  let max = min
  for (const text of texts) {
    if (Buffer.compare(text, min) < 0) min = text
    else if (Buffer.compare(text, max) > 0) max = text
  }
  return {
    // Copies: a view would take the whole heap along to another thread.
    min: min.length <= BOUND_BYTES_MAX ? new Uint8Array(min) : null,
    max: max.length <= BOUND_BYTES_MAX ? new Uint8Array(max) : null,
  }
}

const heapAndPage = new Scratch(length => Buffer.allocUnsafeSlow(length))

function writeDistinctTexts(
  group: GroupWriter,
  column: ColumnSchema,
  rows: TextRows & { readonly type: 'plain' },
): ColumnChunk {
  const pages = planTextPages(group.order, rows)
  const roomiest = pages.reduce((most, page) => Math.max(most, page.bytes), 0)
  // One buffer for heap and page: copyWithin needs no view per row, a third of the time of set().
  const work = heapAndPage.take(rows.heapBytes + roomiest + 4)
  let filled = 0
  for (const heap of rows.heaps) {
    const at = placeOf(heap, filled)
    work.set(heap, at)
    filled = at + heap.length
  }
  const { starts, ends } = rows
  const places = { from: 0, to: group.order.length }
  const view = new DataView(work.buffer, work.byteOffset)
  const texts = { heap: work, view, starts, ends, ...presentRows(group, rows.levels, places) }
  return havePrefixes(texts)
    ? writePrefixPages(group, column, rows, texts)
    : writePlainPages(group, column, rows, texts, pages)
}

/** Rows that have a value at places [from, to), in the scratch of the group. */
function presentRows(
  { order, codes: rows }: GroupWriter,
  levels: Uint8Array | null,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly rows: Uint32Array; readonly count: number } {
  if (levels === null) return { rows: order.subarray(from, to), count: to - from }
  let count = 0
  for (let place = from; place < to; place++) {
    const row = order[place] as number
    if (levels[row] === 1) rows[count++] = row
  }
  return { rows, count }
}

function writePlainPages(
  group: GroupWriter,
  column: ColumnSchema,
  { starts, ends, heapBytes, levels }: TextRows & { readonly type: 'plain' },
  { heap: work, view }: OrderedTexts,
  pages: readonly PlannedPage[],
): ColumnChunk {
  const { order } = group
  const chunk = new ChunkWriter(group, column, 'texts')
  for (const page of pages) {
    let at = heapBytes
    for (let place = page.from; place < page.to; place++) {
      const row = order[place] as number
      if (levels !== null && levels[row] === 0) continue
      const start = starts[row] as number
      const end = ends[row] as number
      const length = end - start
      view.setInt32(at, length, true)
      at += 4
      if (length > SHORT_BYTES) work.copyWithin(at, start, end)
      else {
        for (let byte = 0; byte < length; byte += 4)
          view.setInt32(at + byte, view.getInt32(start + byte))
      }
      at += length
    }
    chunk.page(page, levels, ENCODING.plain, work.subarray(heapBytes, at))
  }
  return chunk.finish(NO_BOUNDS)
}

function writePrefixPages(
  group: GroupWriter,
  column: ColumnSchema,
  { levels }: TextRows & { readonly type: 'plain' },
  texts: OrderedTexts,
): ColumnChunk {
  const { order, values: sink } = group
  const chunk = new ChunkWriter(group, column, 'numbers')
  for (let from = 0; from < order.length; from += PREFIX_PAGE_ROWS) {
    const page = { from, to: Math.min(order.length, from + PREFIX_PAGE_ROWS) }
    sink.at = 0
    writePrefixTexts(sink, { ...texts, ...presentRows(group, levels, page) })
    chunk.page(page, levels, ENCODING.deltaByteArray, sink.since(0))
  }
  return chunk.finish(NO_BOUNDS)
}

interface PlannedPage {
  readonly from: number
  readonly to: number
  /** At most; what is counted includes the length before each text. */
  readonly bytes: number
}

/** Cuts the rows into pages; only texts that may exceed a page are looked at one by one. */
function planTextPages(
  order: Uint32Array,
  rows: TextRows & { readonly type: 'plain' },
): PlannedPage[] {
  const pageRows = pageRowsFor(order.length, rows.heapBytes + rows.present * 4)
  const longest = 4 + rows.longest
  const pages: PlannedPage[] = []
  for (let from = 0; from < order.length; from += pageRows) {
    const to = Math.min(order.length, from + pageRows)
    const bytes = (to - from) * longest
    if (bytes <= PAGE_BYTES_MAX) pages.push({ from, to, bytes })
    else pages.push(...cutPage(order, rows, from, to))
  }
  return pages
}

function cutPage(
  order: Uint32Array,
  { starts, ends }: TextRows & { readonly type: 'plain' },
  first: number,
  last: number,
): PlannedPage[] {
  const pages: PlannedPage[] = []
  let from = first
  let bytes = 0
  for (let place = first; place < last; place++) {
    const row = order[place] as number
    const size = 4 + (ends[row] as number) - (starts[row] as number)
    if (place > from && bytes + size > PAGE_BYTES_MAX) {
      pages.push({ from, to: place, bytes })
      from = place
      bytes = 0
    }
    bytes += size
  }
  pages.push({ from, to: last, bytes })
  return pages
}

/** Rows of a page so that it has about PAGE_BYTES, and starts where a block of the index starts. */
export function pageRowsFor(rowCount: number, bytes: number): number {
  let rows = PAGE_ROWS
  while (rows < rowCount && (bytes / rowCount) * rows * 2 <= PAGE_BYTES) rows *= 2
  return rows
}

/** Ids are random bytes: compressing them would cost time and save nothing. */
export function writeIds(group: GroupWriter, column: ColumnSchema, ids: IdRows): ColumnChunk {
  if (ids.present === 0) return writeEmptyChunk(group, column)
  const { order } = group
  const { values, levels } = ids
  const words = wordsOf(ids.heap)
  const width = ids.width >> 2
  const chunk = new ChunkWriter(group, column, 'none')
  const pageRows = pageRowsFor(order.length, ids.present * ids.width)
  const page = new Int32Array(Math.min(pageRows, order.length) * width)
  for (let from = 0; from < order.length; from += pageRows) {
    const to = Math.min(order.length, from + pageRows)
    let at = 0
    for (let place = from; place < to; place++) {
      const row = order[place] as number
      if (levels !== null && levels[row] === 0) continue
      const start = (values === null ? row : (values[row] as number)) * width
      for (let word = 0; word < width; word++) page[at++] = words[start + word] as number
    }
    chunk.page({ from, to }, levels, ENCODING.plain, new Uint8Array(page.buffer, 0, at * 4))
  }
  return chunk.finish(NO_BOUNDS)
}

/** Ids are 8 or 16 bytes: moved a word at a time. */
function wordsOf(heap: Uint8Array): Int32Array {
  const { buffer, byteOffset, length } = (heap.byteOffset & 3) === 0 ? heap : new Uint8Array(heap)
  return new Int32Array(buffer, byteOffset, length >> 2)
}
