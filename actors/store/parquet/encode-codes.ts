import { bitWidth, writeHybrid, writeRun } from './bit-packing.ts'
import { type Bounds, ChunkWriter, type GroupWriter } from './chunk-writer.ts'
import type { Presence } from './gather.ts'
import type { ColumnChunk } from './layout.ts'
import { type Compression, ENCODING } from './page.ts'
import type { ColumnSchema } from './schema.ts'

export interface Dictionary {
  /** Entries in plain encoding. */
  readonly body: Uint8Array
  readonly size: number
  readonly bounds: Bounds
  readonly compression: Compression
}

export interface CodedRows extends Presence {
  /** Entry of each value; absent rows may have any. */
  readonly codes: Uint32Array | Uint8Array
  /** The value of each row; absent = each row has one of its own number. */
  readonly values?: Uint32Array | null
}

/** Longer constants are compressed. */
const CONSTANT_BYTES_MAX = 256

/** Writes a column as numbers of dictionary entries: one page, for it is small. */
export function writeCodes(
  group: GroupWriter,
  column: ColumnSchema,
  rows: CodedRows,
  dictionary: Dictionary,
): ColumnChunk {
  const { order, values: sink } = group
  // One entry: what there is to compress takes less than the compressor.
  const isConstant = dictionary.size === 1 && dictionary.body.length < CONSTANT_BYTES_MAX
  const chunk = new ChunkWriter(group, column, isConstant ? 'none' : dictionary.compression)
  chunk.dictionary(dictionary.body, dictionary.size)
  const width = Math.max(1, bitWidth(dictionary.size - 1))
  sink.at = 0
  sink.byte(width)
  // One entry: nothing has to be looked at to know that every number is 0.
  if (dictionary.size === 1) writeRun(sink, rows.present, 0)
  else writeHybrid(sink, group.codes, 0, sortCodes(group, rows), width)
  chunk.page({ from: 0, to: order.length }, rows.levels, ENCODING.dictionary, sink.since(0))
  return chunk.finish(dictionary.bounds)
}

/** Puts the codes of present rows in order into the scratch of the group; answers how many. */
function sortCodes({ order, codes: sorted }: GroupWriter, rows: CodedRows): number {
  const { levels, codes, values } = rows
  let count = 0
  if (levels === null) {
    for (let place = 0; place < order.length; place++) {
      sorted[place] = codes[order[place] as number] as number
    }
    return order.length
  }
  for (let place = 0; place < order.length; place++) {
    const row = order[place] as number
    if (levels[row] === 0) continue
    sorted[count++] = codes[values ? (values[row] as number) : row] as number
  }
  return count
}
