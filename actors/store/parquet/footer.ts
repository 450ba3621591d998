import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { writeHybrid } from './bit-packing.ts'
import { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import {
  readChunk,
  readPages,
  readSchema,
  writeChunk,
  writePages,
  writeSchema,
} from './footer-fields.ts'
import type { ColumnChunk, PageLocation, RowGroupLayout } from './layout.ts'
import { ENCODING, writeDataPage } from './page.ts'
import { columnName, type SegmentSchema, segmentSchema } from './schema.ts'
import {
  listField,
  numberField,
  THRIFT,
  ThriftReader,
  type ThriftStruct,
  type ThriftValue,
  ThriftWriter,
  textField,
} from './thrift.ts'

/**
 * A segment is a Parquet file with a checksum before its footer:
 *
 *   'PAR1' | (row group | chunks without values for columns it lacks)* | offset indexes
 *          | bytes of the offset indexes (4) | CRC-32 of indexes, this and footer (4)
 *          | footer | its bytes (4) | 'PAR1'
 *
 * Metadata `logboy.groups`: [bytes, restKeys] of each row group as it was encoded.
 */
const MAGIC = Buffer.from('PAR1')
const TAIL_BYTES = 8
const GUARD_BYTES = 8
const GROUPS_KEY = 'logboy.groups'
/** Rises with whatever older programs could only take for damage, in segments and their indexes. */
export const SEGMENT_VERSION = 1
const CREATED_BY = `logboy version ${SEGMENT_VERSION}`
/** One read gets most footers whole. */
const FIRST_READ_BYTES = 64 * 1024

/** Reads exactly `length` bytes at `offset` of a file. */
export type ReadRange = (offset: number, length: number) => Uint8Array

/**
 * A row group in a file. Its layout is the one it was encoded with: columns that only the file has
 * are not part of it.
 */
export interface StoredRowGroup extends RowGroupLayout {
  /** Where its bytes start in the file. They may be copied as they are into another file. */
  readonly start: number
}

export interface SegmentFooter {
  /** The file's columns. */
  readonly schema: SegmentSchema
  readonly groups: readonly StoredRowGroup[]
  readonly rowCount: number
  readonly metadata: ReadonlyMap<string, string>
}

interface PlacedGroup {
  readonly layout: RowGroupLayout
  readonly start: number
  /** In the order of the file's schema. */
  readonly columns: readonly ColumnChunk[]
}

/**
 * Assembles a file: write `header`, then for each row group its bytes followed by what `add`
 * answers, then what `finish` answers. Row groups may be new or copied from other files, with the
 * file's schema or a smaller one (`add` answers empty columns for what they lack).
 */
export class SegmentBuilder {
  /** The first bytes of the file. */
  readonly header: Uint8Array = MAGIC
  readonly #schema: SegmentSchema
  readonly #groups: PlacedGroup[] = []
  #at = MAGIC.length

  constructor(schema: SegmentSchema) {
    this.#schema = schema
  }

  add(layout: RowGroupLayout): Uint8Array {
    assert(layout.schema.timeUnit === this.#schema.timeUnit, 'a file has one unit of time')
    const own = new Map(layout.schema.columns.map((column, index) => [column.name, index]))
    const sink = new ByteSink(1024)
    let taken = 0
    const columns = this.#schema.columns.map(({ name }) => {
      const index = own.get(name)
      if (index === undefined) return emptyChunk(sink, layout)
      taken++
      return layout.columns[index] as ColumnChunk
    })
    assert(taken === layout.columns.length, 'the schema of a file holds all columns of its groups')
    this.#groups.push({ layout, start: this.#at, columns })
    this.#at += layout.byteLength + sink.at
    return sink.since(0)
  }

  finish(metadata: ReadonlyMap<string, string>): Uint8Array {
    const indexes = new ByteSink(4096)
    const out = new ThriftWriter()
    const groups = this.#groups.map(group => ({
      ...group,
      pages: group.columns.map(({ pages }) => {
        if (pages.length === 1) return null
        out.reset()
        writePages(out, pages, group.start)
        const offset = this.#at + indexes.at
        const bytes = out.bytes().length
        indexes.append(out.bytes())
        return { offset, bytes }
      }),
    }))
    const pageBytes = indexes.at
    indexes.uint32(pageBytes)
    const entries = new Map(metadata).set(GROUPS_KEY, this.#groupsEntry())
    const footer = this.#footer(groups, entries)
    indexes.uint32(crc32(footer, crc32(indexes.since(0))))
    indexes.append(footer)
    indexes.uint32(footer.length)
    indexes.append(MAGIC)
    return indexes.since(0)
  }

  #groupsEntry(): string {
    return JSON.stringify(this.#groups.map(({ layout }) => [layout.byteLength, layout.restKeys]))
  }

  #footer(
    groups: readonly (PlacedGroup & {
      readonly pages: readonly ({ readonly offset: number; readonly bytes: number } | null)[]
    })[],
    metadata: ReadonlyMap<string, string>,
  ): Uint8Array {
    const out = new ThriftWriter()
    const { columns } = this.#schema
    out.int(1, 2)
    writeSchema(out, 2, this.#schema)
    out.long(
      3,
      groups.reduce((sum, { layout }) => sum + layout.rowCount, 0),
    )
    out.list(4, THRIFT.struct, groups.length)
    for (const { layout, start, columns: chunks, pages } of groups) {
      out.element()
      out.list(1, THRIFT.struct, columns.length)
      for (const [index, column] of columns.entries()) {
        const chunk = chunks[index] as ColumnChunk
        writeChunk(out, { column, chunk, start, pages: pages[index] ?? null })
      }
      out.long(
        2,
        chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
      )
      out.long(3, layout.rowCount)
      out.long(5, start)
      out.long(
        6,
        chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
      )
      out.end()
    }
    out.list(5, THRIFT.struct, metadata.size)
    for (const [key, value] of metadata) {
      out.element()
      out.binary(1, key)
      out.binary(2, value)
      out.end()
    }
    out.binary(6, CREATED_BY)
    // Bounds are compared by the order of each type (TYPE_ORDER).
    out.list(7, THRIFT.struct, columns.length)
    for (let index = 0; index < columns.length; index++) {
      out.element()
      out.struct(1)
      out.end()
      out.end()
    }
    out.end()
    return out.bytes()
  }
}

/** Appends a chunk in which no row has a value; it lies behind the bytes of its row group. */
function emptyChunk(sink: ByteSink, { rowCount, byteLength }: RowGroupLayout): ColumnChunk {
  const levels = new ByteSink(64)
  writeHybrid(levels, new Uint8Array(rowCount), 0, rowCount, 1)
  const at = sink.at
  const uncompressedBytes = writeDataPage(
    sink,
    {
      rows: rowCount,
      nulls: rowCount,
      encoding: ENCODING.plain,
      levels: levels.since(0),
      values: new Uint8Array(0),
    },
    'none',
  )
  const bytes = sink.at - at
  const offset = byteLength + at
  return {
    codec: 'none',
    encodings: [ENCODING.rle, ENCODING.plain],
    rowCount,
    nullCount: rowCount,
    offset,
    dictionaryBytes: 0,
    compressedBytes: bytes,
    uncompressedBytes,
    min: null,
    max: null,
    pages: [{ offset, bytes, firstRow: 0 }],
  }
}

/** Reads and proves the footer of a file. Throws LOGBOY_SEGMENT_CORRUPT. */
export function readFooter(read: ReadRange, fileBytes: number): SegmentFooter {
  const { footer, pages } = provenFooter(read, fileBytes)
  return parseFooter(footer, pages)
}

/** Footer and offset indexes whose checksum holds, not yet understood. */
export function provenFooter(
  read: ReadRange,
  fileBytes: number,
): { readonly footer: Buffer; readonly pages: PageIndexes } {
  const shortest = MAGIC.length + GUARD_BYTES + TAIL_BYTES
  proven(fileBytes >= shortest, 'segment too short')
  const end = readEnd(read, fileBytes, Math.min(fileBytes, FIRST_READ_BYTES))
  proven(end.subarray(end.length - 4).equals(MAGIC), 'no segment')
  const footerBytes = end.readUInt32LE(end.length - TAIL_BYTES)
  proven(footerBytes <= fileBytes - shortest, 'footer too long')
  const guarded = withRoom(read, fileBytes, end, footerBytes + GUARD_BYTES + TAIL_BYTES)
  const guardAt = guarded.length - TAIL_BYTES - footerBytes - GUARD_BYTES
  const pageBytes = guarded.readUInt32LE(guardAt)
  proven(pageBytes <= fileBytes - shortest - footerBytes, 'offset indexes too long')
  const known = footerBytes + GUARD_BYTES + TAIL_BYTES + pageBytes
  const bytes = withRoom(read, fileBytes, guarded, known)
  const footerAt = pageBytes + GUARD_BYTES
  const footer = bytes.subarray(footerAt, footerAt + footerBytes)
  const sum = crc32(footer, crc32(bytes.subarray(0, pageBytes + 4)))
  proven(sum === bytes.readUInt32LE(pageBytes + 4), 'checksum of a footer')
  return { footer, pages: { bytes: bytes.subarray(0, pageBytes), offset: fileBytes - known } }
}

function readEnd(read: ReadRange, fileBytes: number, length: number): Buffer {
  const bytes = read(fileBytes - length, length)
  proven(bytes.length === length, 'segment ends early')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The last `length` bytes of the file, read again only if `known` has fewer. */
function withRoom(read: ReadRange, fileBytes: number, known: Buffer, length: number): Buffer {
  return known.length >= length
    ? known.subarray(known.length - length)
    : readEnd(read, fileBytes, length)
}

export interface PageIndexes {
  readonly bytes: Uint8Array
  /** Of the first byte in the file. */
  readonly offset: number
}

function parseFooter(footer: Uint8Array, indexes: PageIndexes): SegmentFooter {
  const fields = new ThriftReader(footer).struct()
  const schema = readSchema(listField(fields, 2))
  const metadata = new Map(
    listField(fields, 5).map(value => {
      proven(value instanceof Map, 'metadata of an unknown form')
      return [textField(value as ThriftStruct, 1), textField(value as ThriftStruct, 2)]
    }),
  )
  const own = parseGroupsEntry(metadata.get(GROUPS_KEY))
  const groups = listField(fields, 4).map((value, index) => {
    const entry = own[index]
    proven(entry !== undefined && value instanceof Map, 'row group of an unknown form')
    return readGroup(value as ThriftStruct, schema, entry, indexes)
  })
  metadata.delete(GROUPS_KEY)
  return { schema, groups, rowCount: numberField(fields, 3), metadata }
}

interface GroupEntry {
  readonly byteLength: number
  readonly restKeys: readonly string[] | null
}

/** The footer's checksum held, so these are our own words. */
function parseGroupsEntry(text: string | undefined): readonly GroupEntry[] {
  proven(text !== undefined, 'segment of another program')
  const entries = JSON.parse(text) as readonly (readonly [number, readonly string[] | null])[]
  return entries.map(([byteLength, restKeys]) => ({ byteLength, restKeys }))
}

function readGroup(
  group: ThriftStruct,
  schema: SegmentSchema,
  { byteLength, restKeys }: GroupEntry,
  indexes: PageIndexes,
): StoredRowGroup {
  const start = numberField(group, 5)
  const rowCount = numberField(group, 3)
  const chunks = listField(group, 1)
  proven(chunks.length === schema.columns.length, 'row group of other columns')
  const all = chunks.map(value => placeChunk(value, start, indexes))
  // What lies behind the row group was added when the file was put together.
  const isOwn = (chunk: ColumnChunk): boolean => chunk.offset < byteLength
  const own = new Set(
    schema.columns.filter((_, i) => isOwn(all[i] as ColumnChunk)).map(c => c.name),
  )
  const attributes = schema.attributes.filter(attribute => own.has(columnName(attribute)))
  return {
    schema: segmentSchema(attributes, schema.timeUnit),
    rowCount,
    byteLength,
    columns: all.filter(isOwn),
    restKeys,
    start,
  }
}

/** A chunk with offsets relative to its row group and its pages. */
function placeChunk(value: ThriftValue, start: number, indexes: PageIndexes): ColumnChunk {
  const { chunk, pages } = readChunk(value)
  const offset = chunk.offset - start
  return { ...chunk, offset, pages: placePages({ ...chunk, offset }, pages, start, indexes) }
}

function placePages(
  chunk: ColumnChunk,
  place: { readonly offset: number; readonly bytes: number } | null,
  start: number,
  indexes: PageIndexes,
): readonly PageLocation[] {
  if (place === null) {
    const offset = chunk.offset + chunk.dictionaryBytes
    return [{ offset, bytes: chunk.compressedBytes - chunk.dictionaryBytes, firstRow: 0 }]
  }
  const from = place.offset - indexes.offset
  proven(from >= 0 && from + place.bytes <= indexes.bytes.length, 'offset index out of place')
  const index = new ThriftReader(indexes.bytes.subarray(from, from + place.bytes)).struct()
  return readPages(index).map(page => ({ ...page, offset: page.offset - start }))
}
