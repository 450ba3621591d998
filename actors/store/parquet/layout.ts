import type { SegmentSchema } from './schema.ts'

/** Where one page lies, relative to the first byte of its row group. */
export interface PageLocation {
  readonly offset: number
  /** Header included. */
  readonly bytes: number
  readonly firstRow: number
}

/** What the footer says of one column of a row group. Offsets are relative to the row group. */
export interface ColumnChunk {
  readonly codec: 'none' | 'zstd'
  readonly encodings: readonly number[]
  readonly rowCount: number
  readonly nullCount: number
  /** First byte of the chunk (the dictionary page if it has one). */
  readonly offset: number
  /** Bytes of the dictionary page with its header; 0 = no dictionary. */
  readonly dictionaryBytes: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  /** Smallest and largest value in Parquet's plain encoding; null = not known. */
  readonly min: Uint8Array | null
  readonly max: Uint8Array | null
  readonly pages: readonly PageLocation[]
}

/** A row group without its bytes: enough to place it in a file. */
export interface RowGroupLayout {
  readonly schema: SegmentSchema
  readonly rowCount: number
  readonly byteLength: number
  /** In the order of `schema.columns`. */
  readonly columns: readonly ColumnChunk[]
  /** Keys that rows keep in the JSON column `attributes`; null = too many to list. */
  readonly restKeys: readonly string[] | null
}

/** Rows per (minute, service, level), sorted in this order; parallel arrays. */
export interface MinuteCounts {
  readonly services: readonly string[]
  /** Minutes since 1970 of event time. */
  readonly minute: Int32Array
  readonly service: Uint16Array
  /** Index into LEVELS of proto/api.ts. */
  readonly level: Uint8Array
  readonly count: Uint32Array
}

export interface RowGroupSummary {
  readonly rowCount: number
  readonly timeMinUs: number
  readonly timeMaxUs: number
  readonly receivedMinUs: number
  readonly receivedMaxUs: number
  readonly counts: MinuteCounts
}

export interface EncodedRowGroup extends RowGroupLayout {
  /** All column chunks one after the other; offsets start at 0. */
  readonly bytes: Uint8Array
  /** The row group's entry of the index file (block-index.ts). */
  readonly index: Uint8Array
  readonly summary: RowGroupSummary
}
