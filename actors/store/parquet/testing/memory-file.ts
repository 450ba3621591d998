import { RowGroupIndex } from '../block-index.ts'
import { type ReadRange, readFooter, SegmentBuilder, type SegmentFooter } from '../footer.ts'
import type { EncodedRowGroup } from '../layout.ts'
import { segmentSchema } from '../schema.ts'

/** Reads ranges of bytes in memory, as a disk would: fewer only at the end. */
export function readerOf(bytes: Uint8Array): ReadRange {
  return (offset, length) => bytes.subarray(offset, offset + length)
}

/** The whole file of these row groups. */
export function fileOf(groups: readonly EncodedRowGroup[]): Buffer {
  const builder = new SegmentBuilder(groups[0]?.schema ?? segmentSchema([]))
  const parts = [builder.header]
  for (const group of groups) parts.push(group.bytes, builder.add(group))
  parts.push(builder.finish(new Map([['written-by', 'a test']])))
  return Buffer.concat(parts)
}

/** The index of one row group alone. */
export function indexOf({ index }: EncodedRowGroup): RowGroupIndex {
  return new RowGroupIndex(readerOf(index), { start: 0, byteLength: index.length })
}

export interface MemoryFile {
  readonly bytes: Buffer
  readonly read: ReadRange
  readonly footer: SegmentFooter
}

export function memoryFile(groups: readonly EncodedRowGroup[]): MemoryFile {
  const bytes = fileOf(groups)
  const read = readerOf(bytes)
  return { bytes, read, footer: readFooter(read, bytes.length) }
}
