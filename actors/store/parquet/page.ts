import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { ByteSink } from './byte-sink.ts'
import { proven, SegmentCorruptError } from './corrupt.ts'
import { numberField, structField, ThriftReader, ThriftWriter } from './thrift.ts'

/**
 * One page: thrift header (with a CRC-32 of what follows it), definition levels, values.
 *
 *   dictionary: header | values (whole body compressed if the chunk is)
 *   data (v2):  header | levels, never compressed | values, compressed if that makes them smaller
 */
export const ENCODING = {
  plain: 0,
  rle: 3,
  deltaBinaryPacked: 5,
  deltaByteArray: 7,
  dictionary: 8,
} as const

const DATA_PAGE_V2 = 3
const DICTIONARY_PAGE = 2
/** Far beyond what is written: a damaged length must not ask for all memory. */
const PAGE_BYTES_MAX = 256 * 1024 * 1024
/** Smaller bodies gain nothing worth the call. */
const COMPRESS_BYTES_MIN = 128
/** Of larger bodies of numbers a sample tells whether the whole is worth it. */
const SAMPLED_BYTES_MIN = 16 * 1024
const SAMPLE_BYTES = 2 * 1024
const WORTH_PACKING = 0.97

/**
 * How bytes are compressed. Texts are sorted by shape, so the nearest earlier match is the best one
 * and a small table that forgets quickly beats every higher level: 13.7 against 15.2 B for a
 * message at level 3, in half the time.
 */
export type Compression = 'none' | 'texts' | 'numbers'

const PARAMS = {
  texts: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_minMatch]: 6,
    [constants.ZSTD_c_hashLog]: 8,
  },
  numbers: { [constants.ZSTD_c_compressionLevel]: 1 },
} as const

const header = new ThriftWriter()

/** Most pages shrink to a third at least; the rest come in several chunks. */
function chunkSizeFor(length: number): number {
  return Math.max(256, Math.ceil(length / 3))
}

/** The body as it goes to disk; null if compressing does not make it smaller. */
function compress(body: Uint8Array, compression: Compression): Uint8Array | null {
  if (compression === 'none' || body.length < COMPRESS_BYTES_MIN) return null
  if (compression === 'numbers' && !isWorthPacking(body)) return null
  const packed = pack(body, compression)
  return packed.length < body.length ? packed : null
}

/** Packed bits of numbers without a pattern lose a hundredth for a tenth of all compressing. */
function isWorthPacking(body: Uint8Array): boolean {
  if (body.length < SAMPLED_BYTES_MIN) return true
  const from = (body.length - SAMPLE_BYTES) >> 1
  const sample = body.subarray(from, from + SAMPLE_BYTES)
  return pack(sample, 'numbers').length < SAMPLE_BYTES * WORTH_PACKING
}

/** Compressed by zstd. */
export function pack(body: Uint8Array, compression: Exclude<Compression, 'none'>): Uint8Array {
  return zstdCompressSync(body, {
    params: PARAMS[compression],
    pledgedSrcSize: body.length,
    chunkSize: chunkSizeFor(body.length),
  })
}

/** Appends the page of a dictionary; answers the bytes it would have uncompressed. */
export function writeDictionaryPage(
  sink: ByteSink,
  body: Uint8Array,
  valueCount: number,
  compression: Compression,
): number {
  // A dictionary page has no flag of its own: in a compressed chunk its body always is.
  const packed = compression === 'none' ? body : pack(body, compression)
  header.reset()
  header.int(1, DICTIONARY_PAGE)
  header.int(2, body.length)
  header.int(3, packed.length)
  header.int(4, crc32(packed) | 0)
  header.struct(7)
  header.int(1, valueCount)
  header.int(2, ENCODING.plain)
  header.end()
  header.end()
  const head = header.bytes()
  sink.append(head)
  sink.append(packed)
  return head.length + body.length
}

export interface DataPage {
  readonly rows: number
  readonly nulls: number
  readonly encoding: number
  /** Encoded definition levels; empty for a column without nulls by schema. */
  readonly levels: Uint8Array
  readonly values: Uint8Array
}

/** Appends a data page; answers the bytes it would have uncompressed. */
export function writeDataPage(sink: ByteSink, page: DataPage, compression: Compression): number {
  const packed = compress(page.values, compression)
  const stored = packed ?? page.values
  header.reset()
  header.int(1, DATA_PAGE_V2)
  header.int(2, page.levels.length + page.values.length)
  header.int(3, page.levels.length + stored.length)
  header.int(4, crc32(stored, crc32(page.levels)) | 0)
  header.struct(8)
  header.int(1, page.rows)
  header.int(2, page.nulls)
  header.int(3, page.rows)
  header.int(4, page.encoding)
  header.int(5, page.levels.length)
  header.int(6, 0)
  header.boolean(7, packed !== null)
  header.end()
  header.end()
  const head = header.bytes()
  sink.append(head)
  sink.append(page.levels)
  sink.append(stored)
  return head.length + page.levels.length + page.values.length
}

/** A proven dictionary page, decompressed. */
export interface StoredDictionary {
  readonly valueCount: number
  readonly body: Uint8Array
}

/** Reads the dictionary page that `bytes` holds, exactly. */
export function readDictionaryPage(bytes: Uint8Array, compressed: boolean): StoredDictionary {
  const reader = new ThriftReader(bytes)
  const head = reader.struct()
  const inner = structField(head, 7)
  proven(head.size === 5 && inner.size === 2, 'dictionary page of an unknown form')
  proven(numberField(head, 1) === DICTIONARY_PAGE, 'no dictionary page')
  proven(numberField(inner, 2) === ENCODING.plain, 'dictionary in an unknown encoding')
  const stored = bytes.subarray(reader.at)
  proven(numberField(head, 3) === stored.length, 'dictionary page of another length')
  proven((crc32(stored) | 0) === numberField(head, 4), 'checksum of a dictionary page')
  const length = numberField(head, 2)
  const body = compressed ? decompress(stored, length) : stored
  proven(body.length === length, 'dictionary of another length')
  return { valueCount: numberField(inner, 1), body }
}

/** Reads the data page that `bytes` holds, exactly, and that the footer says has `rows` rows. */
export function readDataPage(
  bytes: Uint8Array,
  expected: { readonly rows: number; readonly encoding: number; readonly compressed: boolean },
): DataPage {
  const reader = new ThriftReader(bytes)
  const head = reader.struct()
  const inner = structField(head, 8)
  proven(head.size === 5 && inner.size === 7, 'data page of an unknown form')
  proven(numberField(head, 1) === DATA_PAGE_V2, 'no data page')
  const { rows, encoding } = expected
  proven(numberField(inner, 1) === rows && numberField(inner, 3) === rows, 'page of other rows')
  proven(numberField(inner, 4) === encoding, 'page in an unknown encoding')
  proven(numberField(inner, 6) === 0, 'page with lists')
  const levelBytes = numberField(inner, 5)
  const stored = bytes.subarray(reader.at)
  const length = numberField(head, 2) - levelBytes
  proven(numberField(head, 3) === stored.length, 'page of another length')
  proven(levelBytes >= 0 && levelBytes <= stored.length && length >= 0, 'levels too long')
  proven((crc32(stored) | 0) === numberField(head, 4), 'checksum of a page')
  const body = stored.subarray(levelBytes)
  const packed = inner.get(7)
  proven(typeof packed === 'boolean' && (!packed || expected.compressed), 'page wrongly packed')
  // Only what became smaller was packed, so the lengths tell and a flipped flag cannot lie.
  proven(packed === body.length < length, 'page of another length')
  return {
    rows,
    nulls: numberField(inner, 2),
    encoding,
    levels: stored.subarray(0, levelBytes),
    values: packed ? decompress(body, length) : body,
  }
}

/** A checksum held, so a failure here means that the lengths around it lie. */
export function decompress(packed: Uint8Array, length: number): Uint8Array {
  proven(length <= PAGE_BYTES_MAX, 'page too long')
  try {
    const body = zstdDecompressSync(packed, {
      chunkSize: length + 64,
      maxOutputLength: length + 64,
    })
    proven(body.length === length, 'page of another length')
    return body
  } catch (cause) {
    if (cause instanceof SegmentCorruptError) throw cause
    throw new SegmentCorruptError(`page does not decompress (${String(cause)})`)
  }
}
