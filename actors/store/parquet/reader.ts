import type { RowColumns } from '#proto/columns.ts'
import type { ReadRange, StoredRowGroup } from './footer.ts'

/**
 * The rows of a stored row group; each column is read, proven and decoded when it is first touched.
 * `rows` (ascending row numbers) keeps only those rows and reads only their pages. Touching a column
 * throws LOGBOY_SEGMENT_CORRUPT where bytes are not what was written.
 */
export declare function openRowGroup(
  read: ReadRange,
  group: StoredRowGroup,
  rows?: Uint32Array,
): RowColumns
