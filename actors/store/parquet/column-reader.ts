import { isRunOfOnes, pickHybrid, readHybrid } from './bit-packing.ts'
import { proven } from './corrupt.ts'
import { readDeltas } from './delta.ts'
import type { ReadRange } from './footer.ts'
import type { ColumnChunk, PageLocation } from './layout.ts'
import { type DataPage, ENCODING, readDataPage, readDictionaryPage } from './page.ts'
import type { ColumnSchema } from './schema.ts'

/**
 * Opens the pages of one column that hold wanted rows, and proves them. What a page says of itself
 * is checked against the footer, field by field: its own checksum does not cover its header.
 */

/** Wanted rows of one page. */
export interface OpenPage {
  readonly page: DataPage
  readonly firstRow: number
  /** Wanted rows, counted from the page's first; null = all. */
  readonly rows: Uint32Array | null
  /** One byte for each row of the page; null = all present. */
  readonly levels: Uint32Array | null
  readonly present: number
}

export interface ColumnSource {
  readonly read: ReadRange
  /** Where the row group starts in the file. */
  readonly start: number
  /** Wanted rows of the group in ascending order; null = all. */
  readonly rows: Uint32Array | null
}

export class ColumnReader {
  readonly column: ColumnSchema
  readonly #chunk: ColumnChunk
  readonly #source: ColumnSource

  constructor(source: ColumnSource, column: ColumnSchema, chunk: ColumnChunk) {
    this.#source = source
    this.column = column
    this.#chunk = chunk
  }

  get isEmpty(): boolean {
    return this.#chunk.nullCount === this.#chunk.rowCount
  }

  get isDictionary(): boolean {
    return this.#chunk.dictionaryBytes > 0
  }

  get encoding(): number {
    return this.#chunk.encodings[1] as number
  }

  /** Rows that will come out. */
  get rowCount(): number {
    return this.#source.rows?.length ?? this.#chunk.rowCount
  }

  /** The dictionary's entries in plain encoding. */
  dictionary(): { readonly valueCount: number; readonly body: Uint8Array } {
    const { offset, dictionaryBytes, codec } = this.#chunk
    return readDictionaryPage(this.#bytes(offset, dictionaryBytes), codec === 'zstd')
  }

  /** The pages that hold wanted rows, in order. */
  *pages(): Generator<OpenPage> {
    const { pages, rowCount } = this.#chunk
    const { rows } = this.#source
    let next = 0
    for (const [index, place] of pages.entries()) {
      const endRow = pages[index + 1]?.firstRow ?? rowCount
      if (rows === null) {
        yield this.#open(place, endRow, null)
        continue
      }
      const from = next
      while (next < rows.length && (rows[next] as number) < endRow) next++
      if (next === from) continue
      const whole = next - from === endRow - place.firstRow
      const wanted = rows.subarray(from, next)
      yield this.#open(place, endRow, whole ? null : wanted.map(row => row - place.firstRow))
    }
  }

  #open(place: PageLocation, endRow: number, rows: Uint32Array | null): OpenPage {
    const { codec } = this.#chunk
    const count = endRow - place.firstRow
    proven(count > 0, 'page without rows')
    const page = readDataPage(this.#bytes(place.offset, place.bytes), {
      rows: count,
      encoding: this.encoding,
      compressed: codec === 'zstd',
    })
    if (!this.column.optional) {
      proven(page.levels.length === 0 && page.nulls === 0, 'levels without need')
      return { page, firstRow: place.firstRow, rows, levels: null, present: count }
    }
    const levels = presentRows(page.levels, count)
    const present = levels === null ? count : sumOf(levels)
    proven(present === count - page.nulls, 'page of other nulls')
    return { page, firstRow: place.firstRow, rows, levels, present }
  }

  #bytes(offset: number, length: number): Uint8Array {
    const bytes = this.#source.read(this.#source.start + offset, length)
    proven(bytes.length === length, 'segment ends early')
    return bytes
  }
}

/** One number a row, 1 where it has a value; null = all have. */
function presentRows(levels: Uint8Array, count: number): Uint32Array | null {
  const range = { start: 0, end: levels.length, width: 1, count, limit: 2 }
  return isRunOfOnes(levels, range) ? null : readHybrid(levels, range)
}

function sumOf(levels: Uint32Array): number {
  let sum = 0
  for (let row = 0; row < levels.length; row++) sum += levels[row] as number
  return sum
}

/**
 * Numbers of dictionary entries of a page's present values; only of those numbered in `picked`
 * (ascending; null = all).
 */
export function readCodes(
  page: OpenPage,
  picked: Uint32Array | null,
  dictionarySize: number,
): Uint32Array {
  const { values } = page.page
  proven(values.length > 0, 'page without a width')
  const range = {
    start: 1,
    end: values.length,
    width: values[0] as number,
    count: page.present,
    limit: dictionarySize,
  }
  return picked === null ? readHybrid(values, range) : pickHybrid(values, range, picked)
}

/** Whole numbers by their differences. */
export function readDifferences(page: OpenPage): Float64Array {
  proven(page.page.encoding === ENCODING.deltaBinaryPacked, 'numbers in an unknown encoding')
  return readDeltas(page.page.values, 0, page.page.values.length, page.present)
}

/** The bitmap of wanted rows and how many of them are present, page after page. */
export class PresenceBuilder {
  readonly #bits: Uint8Array
  #row = 0
  #present = 0

  constructor(rowCount: number) {
    this.#bits = new Uint8Array((rowCount + 7) >> 3)
  }

  get present(): number {
    return this.#present
  }

  /** null = all rows are present. */
  bitmap(): Uint8Array | null {
    return this.#present === this.#row ? null : this.#bits
  }

  /**
   * Takes in a page; answers which of its present values belong to wanted rows; null = all.
   */
  add({ page, rows, levels, present }: OpenPage): Uint32Array | null {
    const count = rows?.length ?? page.rows
    if (levels === null) {
      this.#setAll(this.#row, this.#row + count)
      this.#row += count
      this.#present += count
      return rows
    }
    if (rows !== null) return this.#addSome(rows, levels)
    this.#addAll(levels)
    this.#present += present
    return null
  }

  /** Eight rows at a time: pages start at whole bytes of the bitmap. */
  #addAll(levels: Uint32Array): void {
    const bits = this.#bits
    const whole = (this.#row & 7) === 0 ? levels.length & ~7 : 0
    for (let row = 0, byte = this.#row >> 3; row < whole; row += 8, byte++) {
      bits[byte] =
        (levels[row] as number) |
        ((levels[row + 1] as number) << 1) |
        ((levels[row + 2] as number) << 2) |
        ((levels[row + 3] as number) << 3) |
        ((levels[row + 4] as number) << 4) |
        ((levels[row + 5] as number) << 5) |
        ((levels[row + 6] as number) << 6) |
        ((levels[row + 7] as number) << 7)
    }
    for (let row = whole; row < levels.length; row++) {
      if (levels[row] === 1) this.#set(this.#row + row)
    }
    this.#row += levels.length
  }

  #addSome(rows: Uint32Array, levels: Uint32Array): Uint32Array {
    const kept = new Uint32Array(rows.length)
    let size = 0
    let value = 0
    let row = 0
    for (const wanted of rows) {
      for (; row < wanted; row++) value += levels[row] as number
      if (levels[wanted] === 1) {
        kept[size++] = value
        this.#set(this.#row)
        this.#present++
      }
      this.#row++
    }
    return kept.subarray(0, size)
  }

  #setAll(from: number, to: number): void {
    let row = from
    for (; row < to && (row & 7) !== 0; row++) this.#set(row)
    const bytes = (to - row) >> 3
    if (bytes > 0) this.#bits.fill(0xff, row >> 3, (row >> 3) + bytes)
    for (row += Math.max(0, bytes) * 8; row < to; row++) this.#set(row)
  }

  #set(row: number): void {
    this.#bits[row >> 3] = (this.#bits[row >> 3] as number) | (1 << (row & 7))
  }
}
