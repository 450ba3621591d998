import type { ReadRange } from './footer.ts'
import type { RowGroupSummary } from './row-group.ts'

/** Where the index of one row group lies in an index file. */
export interface IndexLocation {
  readonly start: number
  readonly byteLength: number
}

/** The bytes of an index file (`.idx`) for the `index` of each row group of a segment, in order. */
export declare function encodeIndexFile(indexes: readonly Uint8Array[]): readonly Uint8Array[]

/** Where each row group's index lies; proven by a checksum. Throws LOGBOY_SEGMENT_CORRUPT. */
export declare function readIndexFile(read: ReadRange, fileBytes: number): readonly IndexLocation[]

/**
 * The index of one row group: its head is read and proven at once, filters are read line by line
 * (132 bytes a question), each line with a checksum of its own. Row group = at most 16 blocks.
 */
export declare class RowGroupIndex {
  constructor(read: ReadRange, location: IndexLocation)
  readonly summary: RowGroupSummary
  /** Rows per block; block b holds rows [b * blockRows, (b + 1) * blockRows). */
  readonly blockRows: number
  readonly blockCount: number
  /** Made with the tokenizer of this program; if not, token questions answer "all blocks". */
  readonly tokensUsable: boolean
  /** Bit b set = block b may have a message with this folded token (hash of proto/tokens.ts). */
  blocksWithToken(hash: number): number
  /** Bit b set = block b has rows of [startUs, endUs) by its time range. */
  blocksInTime(startUs: number, endUs: number): number
  /** Bit b set = block b has a row of a level whose bit (index in LEVELS) is set in `levels`. */
  blocksWithLevels(levels: number): number
  mightHaveTrace(id: Uint8Array): boolean
  mightHaveSpan(id: Uint8Array): boolean
}
