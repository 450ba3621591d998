import { crc32 } from 'node:zlib'
import { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import type { Presence } from './gather.ts'
import { decompress, pack } from './page.ts'
import type { ColumnSchema } from './schema.ts'
import { Scratch } from './scratch.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * How often each number of an attribute comes in each service, of columns with a dictionary: what a
 * quantile by service needs, in a tenth of the CPU of a scan of the rows.
 *
 *   counts  = CRC-32 of all that follows (4) | bytes of columns (4) | columns, compressed by zstd
 *   columns = varints: number, then of each column: its place in the schema, services, numbers of
 *             all of them, of each service: numbers, of each number: its dictionary entry (from the
 *             one before), rows
 */
const HEAD_BYTES = 8
/** More different numbers than half the rows say little more than the rows. */
const ROWS_PER_NUMBER_MIN = 2
/** Services times entries of one dictionary. */
const PLACES_MAX = 1 << 20

/** Of each service as many as its size, service by service. */
export interface ServiceNumbers {
  readonly sizes: Uint32Array
  /** Entries of the column's dictionary, ascending within a service. */
  readonly codes: Uint32Array
  /** Rows with each. */
  readonly rows: Uint32Array
}

interface CodedValues extends Presence {
  /** The value of each row; null = the row's own number. */
  readonly values: Uint32Array | null
  /** Entry of each value, below `size`. */
  readonly codes: Uint32Array
  readonly size: number
}

const places = new Scratch(length => new Uint32Array(length))

/** Counts columns of a row group while it is written. */
export class NumberCounts {
  readonly #services: Uint32Array
  readonly #serviceCount: number
  readonly #columns: { readonly column: ColumnSchema; readonly bytes: Uint8Array }[] = []

  /** `services`: of each row one below `serviceCount`. */
  constructor(services: Uint32Array, serviceCount: number) {
    this.#services = services
    this.#serviceCount = serviceCount
  }

  add(column: ColumnSchema, values: CodedValues): void {
    const length = this.#serviceCount * values.size
    if (length > PLACES_MAX) return
    const rowsOf = places.take(length).subarray(0, length).fill(0)
    const different = this.#count(values, rowsOf)
    if (different * ROWS_PER_NUMBER_MIN > values.present) return
    const sink = new ByteSink(different * 3 + this.#serviceCount * 3 + 10)
    sink.varint(this.#serviceCount)
    sink.varint(different)
    for (let from = 0; from < length; from += values.size) {
      writeService(sink, rowsOf.subarray(from, from + values.size))
    }
    this.#columns.push({ column, bytes: sink.since(0) })
  }

  /** The bytes for the index of a row group with these columns; none if there is nothing. */
  encode(columns: readonly ColumnSchema[]): Uint8Array {
    if (this.#columns.length === 0) return new Uint8Array(0)
    const sink = new ByteSink(this.#columns.reduce((sum, { bytes }) => sum + bytes.length + 16, 8))
    sink.varint(this.#columns.length)
    for (const { column, bytes } of this.#columns) {
      sink.varint(columns.indexOf(column))
      sink.append(bytes)
    }
    const packed = pack(sink.since(0), 'numbers')
    const counts = Buffer.allocUnsafe(HEAD_BYTES + packed.length)
    counts.writeUInt32LE(sink.at, 4)
    counts.set(packed, HEAD_BYTES)
    counts.writeUInt32LE(crc32(counts.subarray(4)), 0)
    return counts
  }

  /** Rows of each (service, entry); answers how many there are of these. */
  #count({ levels, values, codes, size }: CodedValues, rowsOf: Uint32Array): number {
    let different = 0
    for (let row = 0; row < this.#services.length; row++) {
      if (levels !== null && levels[row] === 0) continue
      const code = codes[values === null ? row : (values[row] as number)] as number
      const place = (this.#services[row] as number) * size + code
      if (rowsOf[place] === 0) different++
      rowsOf[place] = (rowsOf[place] as number) + 1
    }
    return different
  }
}

function writeService(sink: ByteSink, rowsOf: Uint32Array): void {
  let size = 0
  for (let code = 0; code < rowsOf.length; code++) if (rowsOf[code] !== 0) size++
  sink.varint(size)
  let before = 0
  for (let code = 0; code < rowsOf.length; code++) {
    const rows = rowsOf[code] as number
    if (rows === 0) continue
    sink.varint(code - before)
    sink.varint(rows)
    before = code
  }
}

/** Proves the bytes and answers the counts by the place of their column in the schema. */
export function readNumberCounts(bytes: Uint8Array): ReadonlyMap<number, ServiceNumbers> {
  proven(bytes.length > HEAD_BYTES, 'number counts too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  proven(crc32(bytes.subarray(4)) === view.getUint32(0, true), 'checksum of number counts')
  const length = view.getUint32(4, true)
  const columns = decompress(bytes.subarray(HEAD_BYTES), length)
  return readColumns(new VarintReader(columns, 0, 'number counts'))
}

function readColumns(reader: VarintReader): ReadonlyMap<number, ServiceNumbers> {
  const columns = new Map<number, ServiceNumbers>()
  for (let left = reader.size(); left > 0; left--) columns.set(reader.varint(), readNumbers(reader))
  reader.end()
  return columns
}

function readNumbers(reader: VarintReader): ServiceNumbers {
  const sizes = new Uint32Array(reader.size())
  const all = reader.size()
  const [codes, rows] = [new Uint32Array(all), new Uint32Array(all)]
  let count = 0
  for (let service = 0; service < sizes.length; service++) {
    const size = reader.varint()
    proven(size <= all - count, 'more numbers than are counted')
    sizes[service] = size
    let code = 0
    for (const end = count + size; count < end; count++) {
      code += reader.varint()
      codes[count] = code
      rows[count] = reader.varint()
    }
  }
  proven(count === all, 'fewer numbers than are counted')
  return { sizes, codes, rows }
}
