import { proven } from './corrupt.ts'
import type { ColumnChunk, PageLocation } from './layout.ts'
import {
  type AttributeName,
  attributeOfColumn,
  type ColumnSchema,
  type LogicalType,
  type PhysicalType,
  type SegmentSchema,
  segmentSchema,
} from './schema.ts'
import {
  bytesField,
  listField,
  numberField,
  structField,
  THRIFT,
  type ThriftStruct,
  type ThriftValue,
  type ThriftWriter,
  textField,
} from './thrift.ts'

/** Parquet's numbers and field ids (parquet.thrift), as far as segments use them. */

const PHYSICAL: Readonly<Record<PhysicalType, number>> = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
}

const CODECS = { none: 0, zstd: 6 } as const
const REQUIRED = 0
const OPTIONAL = 1
/** Members of the union LogicalType. */
const STRING = 1
const TIMESTAMP = 8
const INTEGER = 10
const JSON_TEXT = 12
const MILLIS = 1
const MICROS = 2

/** The older name of each logical type, for readers that know no other. */
const CONVERTED: Readonly<Record<Exclude<LogicalType, 'none'>, number>> = {
  text: 0,
  'timestamp-ms': 9,
  'timestamp-us': 10,
  int8: 15,
  int16: 16,
  int32: 17,
  int64: 18,
  json: 19,
}

export function writeSchema(out: ThriftWriter, field: number, schema: SegmentSchema): void {
  out.list(field, THRIFT.struct, schema.columns.length + 1)
  out.element()
  out.binary(4, 'schema')
  out.int(5, schema.columns.length)
  out.end()
  for (const column of schema.columns) {
    out.element()
    out.int(1, PHYSICAL[column.physical])
    if (column.width > 0) out.int(2, column.width)
    out.int(3, column.optional ? OPTIONAL : REQUIRED)
    out.binary(4, column.name)
    if (column.logical !== 'none') {
      out.int(6, CONVERTED[column.logical])
      writeLogicalType(out, column.logical)
    }
    out.end()
  }
}

function writeLogicalType(out: ThriftWriter, logical: Exclude<LogicalType, 'none'>): void {
  out.struct(10)
  if (logical === 'text' || logical === 'json') {
    out.struct(logical === 'text' ? STRING : JSON_TEXT)
  } else if (logical === 'timestamp-us' || logical === 'timestamp-ms') {
    out.struct(TIMESTAMP)
    out.boolean(1, true)
    out.struct(2)
    out.struct(logical === 'timestamp-us' ? MICROS : MILLIS)
    out.end()
    out.end()
  } else {
    out.struct(INTEGER)
    out.int(1, Number(logical.slice(3)), THRIFT.i8)
    out.boolean(2, true)
  }
  out.end()
  out.end()
}

/** The schema of a footer: only such as this program writes. */
export function readSchema(elements: readonly ThriftValue[]): SegmentSchema {
  const columns = elements.slice(1).map(element => {
    proven(element instanceof Map, 'schema of an unknown form')
    return element as ThriftStruct
  })
  const names = columns.map(column => textField(column, 4))
  const attributes = names
    .map(attributeOfColumn)
    .filter((attribute): attribute is AttributeName => attribute !== null)
  const isMillis = columns[0] !== undefined && columns[0].get(6) === CONVERTED['timestamp-ms']
  const schema = segmentSchema(attributes, isMillis ? 'ms' : 'us')
  proven(schema.columns.length === columns.length, 'schema of other columns')
  for (const [index, expected] of schema.columns.entries()) {
    const column = columns[index] as ThriftStruct
    proven(names[index] === expected.name, 'schema of other columns')
    proven(numberField(column, 1) === PHYSICAL[expected.physical], 'column of another type')
    proven(numberField(column, 3) === (expected.optional ? OPTIONAL : REQUIRED), 'column optional')
  }
  return schema
}

export interface ChunkPlace {
  readonly column: ColumnSchema
  readonly chunk: ColumnChunk
  /** Where the row group starts in the file. */
  readonly start: number
  /** Where the offset index lies in the file; null for a column of one page. */
  readonly pages: { readonly offset: number; readonly bytes: number } | null
}

/** A ColumnChunk as an element of a list. */
export function writeChunk(out: ThriftWriter, { column, chunk, start, pages }: ChunkPlace): void {
  const offset = start + chunk.offset
  out.element()
  out.long(2, 0)
  out.struct(3)
  out.int(1, PHYSICAL[column.physical])
  out.list(2, THRIFT.i32, chunk.encodings.length)
  for (const encoding of chunk.encodings) out.intElement(encoding)
  out.list(3, THRIFT.binary, 1)
  out.binaryElement(column.name)
  out.int(4, CODECS[chunk.codec])
  out.long(5, chunk.rowCount)
  out.long(6, chunk.uncompressedBytes)
  out.long(7, chunk.compressedBytes)
  out.long(9, offset + chunk.dictionaryBytes)
  if (chunk.dictionaryBytes > 0) out.long(11, offset)
  out.struct(12)
  out.long(3, chunk.nullCount)
  if (chunk.max !== null) out.binary(5, chunk.max)
  if (chunk.min !== null) out.binary(6, chunk.min)
  out.end()
  out.end()
  if (pages !== null) {
    out.long(4, pages.offset)
    out.int(5, pages.bytes)
  }
  out.end()
}

/** A chunk as read, with offsets still counted from the start of the file. */
export interface ReadChunk {
  readonly chunk: ColumnChunk
  readonly pages: { readonly offset: number; readonly bytes: number } | null
}

export function readChunk(value: ThriftValue): ReadChunk {
  proven(value instanceof Map, 'chunk of an unknown form')
  const outer = value as ThriftStruct
  const meta = structField(outer, 3)
  const statistics = structField(meta, 12)
  const dataOffset = numberField(meta, 9)
  const offset = meta.has(11) ? numberField(meta, 11) : dataOffset
  const codec = numberField(meta, 4)
  proven(codec === CODECS.none || codec === CODECS.zstd, 'unknown codec')
  const encodings = listField(meta, 2)
  proven(
    encodings.every(encoding => typeof encoding === 'number'),
    'unknown encodings',
  )
  return {
    chunk: {
      codec: codec === CODECS.zstd ? 'zstd' : 'none',
      encodings: encodings as readonly number[],
      rowCount: numberField(meta, 5),
      nullCount: numberField(statistics, 3),
      offset,
      dictionaryBytes: dataOffset - offset,
      compressedBytes: numberField(meta, 7),
      uncompressedBytes: numberField(meta, 6),
      min: statistics.has(6) ? copyOf(bytesField(statistics, 6)) : null,
      max: statistics.has(5) ? copyOf(bytesField(statistics, 5)) : null,
      pages: [],
    },
    pages: outer.has(4) ? { offset: numberField(outer, 4), bytes: numberField(outer, 5) } : null,
  }
}

/** Bounds are kept and sent to other threads: a view would take its whole buffer along. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** An OffsetIndex; `start` is that of the row group. */
export function writePages(out: ThriftWriter, pages: readonly PageLocation[], start: number): void {
  out.list(1, THRIFT.struct, pages.length)
  for (const page of pages) {
    out.element()
    out.long(1, start + page.offset)
    out.int(2, page.bytes)
    out.long(3, page.firstRow)
    out.end()
  }
  out.end()
}

/** Pages of an OffsetIndex, with offsets still counted from the start of the file. */
export function readPages(index: ThriftStruct): PageLocation[] {
  return listField(index, 1).map(value => {
    proven(value instanceof Map, 'page of an unknown form')
    const page = value as ThriftStruct
    return {
      offset: numberField(page, 1),
      bytes: numberField(page, 2),
      firstRow: numberField(page, 3),
    }
  })
}
