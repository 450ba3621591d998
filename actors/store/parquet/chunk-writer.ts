import { writeHybrid, writeRun } from './bit-packing.ts'
import { ByteSink } from './byte-sink.ts'
import type { ColumnChunk, PageLocation } from './layout.ts'
import { type Compression, ENCODING, writeDataPage, writeDictionaryPage } from './page.ts'
import type { ColumnSchema } from './schema.ts'

/** Smallest and largest value in plain encoding. */
export interface Bounds {
  readonly min: Uint8Array | null
  readonly max: Uint8Array | null
}

export const NO_BOUNDS: Bounds = { min: null, max: null }

/** What all columns of one row group share: the order of rows, the bytes so far, and scratch. */
export class GroupWriter {
  readonly order: Uint32Array
  readonly sink: ByteSink
  readonly values = new ByteSink(256 * 1024)
  /** Scratch for the numbers of one page in order; valid until the next column. */
  readonly codes: Uint32Array
  readonly numbers: Float64Array
  readonly #levelBytes = new ByteSink(16 * 1024)
  readonly #levels: Uint8Array

  constructor(order: Uint32Array, expectedBytes: number) {
    this.order = order
    this.sink = new ByteSink(expectedBytes)
    this.#levels = new Uint8Array(order.length)
    this.codes = new Uint32Array(order.length)
    this.numbers = new Float64Array(order.length)
  }

  /**
   * Definition levels of the rows at places [from, to), picked from one byte a row in the order
   * of the parts; null = all present. Answers how many are absent.
   */
  encodeLevels(levels: Uint8Array | null, from: number, to: number): EncodedLevels {
    const sink = this.#levelBytes
    const count = to - from
    sink.at = 0
    if (levels === null) {
      writeRun(sink, count, 1)
      return { bytes: sink.since(0), nulls: 0 }
    }
    const sorted = this.#levels
    let present = 0
    for (let place = from; place < to; place++) {
      const level = levels[this.order[place] as number] as number
      sorted[place - from] = level
      present += level
    }
    writeHybrid(sink, sorted, 0, count, 1)
    return { bytes: sink.since(0), nulls: count - present }
  }
}

export interface EncodedLevels {
  /** Valid until the next call. */
  readonly bytes: Uint8Array
  readonly nulls: number
}

const NO_BYTES = new Uint8Array(0)
/**
 * Such a dictionary of so few rows stays as it is: to set up the compressor, and later its reverse,
 * takes 50 µs each, for tens of bytes.
 */
const SMALL_ROWS = 512
const SMALL_BYTES = 1_024

/** Writes one column of a row group: a dictionary page if it has one, then data pages. */
export class ChunkWriter {
  readonly #group: GroupWriter
  readonly #column: ColumnSchema
  #compression: Compression
  readonly #offset: number
  readonly #pages: PageLocation[] = []
  #dictionaryBytes = 0
  #uncompressedBytes = 0
  #nullCount = 0
  #encoding: number = ENCODING.plain

  constructor(group: GroupWriter, column: ColumnSchema, compression: Compression) {
    this.#group = group
    this.#column = column
    this.#compression = compression
    this.#offset = group.sink.at
  }

  dictionary(body: Uint8Array, valueCount: number): void {
    const { sink, order } = this.#group
    if (order.length < SMALL_ROWS && body.length < SMALL_BYTES) this.#compression = 'none'
    this.#uncompressedBytes += writeDictionaryPage(sink, body, valueCount, this.#compression)
    this.#dictionaryBytes = sink.at - this.#offset
  }

  /** Appends the page of the rows at places [from, to); `levels` as for `encodeLevels`. */
  page(
    range: { readonly from: number; readonly to: number },
    levels: Uint8Array | null,
    encoding: number,
    values: Uint8Array,
  ): void {
    const { from, to } = range
    const { sink } = this.#group
    const offset = sink.at
    const defined = this.#column.optional
      ? this.#group.encodeLevels(levels, from, to)
      : { bytes: NO_BYTES, nulls: 0 }
    this.#uncompressedBytes += writeDataPage(
      sink,
      { rows: to - from, nulls: defined.nulls, encoding, levels: defined.bytes, values },
      this.#compression,
    )
    this.#encoding = encoding
    this.#nullCount += defined.nulls
    this.#pages.push({ offset, bytes: sink.at - offset, firstRow: from })
  }

  finish(bounds: Bounds): ColumnChunk {
    const { sink, order } = this.#group
    const encodings = [ENCODING.rle, this.#encoding]
    if (this.#dictionaryBytes > 0) encodings.push(ENCODING.plain)
    return {
      codec: this.#compression === 'none' ? 'none' : 'zstd',
      encodings,
      rowCount: order.length,
      nullCount: this.#nullCount,
      offset: this.#offset,
      dictionaryBytes: this.#dictionaryBytes,
      compressedBytes: sink.at - this.#offset,
      uncompressedBytes: this.#uncompressedBytes,
      min: bounds.min,
      max: bounds.max,
      pages: this.#pages,
    }
  }
}

/** A column in which no row has a value. */
export function writeEmptyChunk(group: GroupWriter, column: ColumnSchema): ColumnChunk {
  const chunk = new ChunkWriter(group, column, 'none')
  const rowCount = group.order.length
  chunk.page({ from: 0, to: rowCount }, new Uint8Array(rowCount), ENCODING.plain, NO_BYTES)
  return chunk.finish(NO_BOUNDS)
}
