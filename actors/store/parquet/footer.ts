import type { RowGroupLayout } from './row-group.ts'
import type { SegmentSchema } from './schema.ts'

/** Reads exactly `length` bytes at `offset` of a file. */
export type ReadRange = (offset: number, length: number) => Uint8Array

/** A row group in a file. */
export interface StoredRowGroup extends RowGroupLayout {
  /** Where its bytes start in the file. They may be copied as they are into another file. */
  readonly start: number
}

export interface SegmentFooter {
  readonly schema: SegmentSchema
  readonly groups: readonly StoredRowGroup[]
  readonly rowCount: number
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * Assembles a file: write `header`, then for each row group its bytes followed by what `add`
 * answers, then what `finish` answers. Row groups may be new or copied from other files, with the
 * file's schema or a smaller one (`add` answers empty columns for what they lack).
 */
export declare class SegmentBuilder {
  constructor(schema: SegmentSchema)
  /** The first bytes of the file. */
  readonly header: Uint8Array
  add(group: RowGroupLayout): Uint8Array
  finish(metadata: ReadonlyMap<string, string>): Uint8Array
}

/** Reads and proves the footer of a file. Throws LOGBOY_SEGMENT_CORRUPT. */
export declare function readFooter(read: ReadRange, fileBytes: number): SegmentFooter
