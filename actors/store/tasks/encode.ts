/** Task: batches or row groups of one project into one new row group. */
import { takeRows } from '#actors/processing/take-rows.ts'
import type { RowColumns } from '#proto/columns.ts'
import type { ThreadTools, Transferred } from '#runtime/threads.ts'
import { hasRow, openDeleted } from '../deleted-rows.ts'
import { openRowGroup } from '../parquet/reader.ts'
import { type EncodedRowGroup, encodeRowGroup } from '../parquet/row-group.ts'
import {
  chooseAttributes,
  type SegmentSchema,
  segmentSchema,
  timeUnitOf,
} from '../parquet/schema.ts'
import type { RecentPart } from '../recent.ts'
import { type SegmentFiles, segmentFiles } from '../segment-files.ts'
import { openPart } from '../units.ts'

/** Attributes with a column of their own in one segment. */
export const ATTRIBUTE_COLUMNS_MAX = 64

const DAY_US = 86_400_000_000

/** Rows of a stored row group that go on living. */
export interface KeptRows {
  readonly path: string
  readonly group: number
  /** Only rows received from here on. */
  readonly receivedFromUs: number
  /** Only rows of this day of event time since 1970; null = all. */
  readonly day: number | null
  /** Rows that are left out (deleted-rows.ts); null = none. */
  readonly deleted: string | null
}

export interface EncodeInput {
  readonly recent: readonly RecentPart[]
  readonly stored: readonly KeptRows[]
  /**
   * Attributes without a column here go to the JSON column; null = chosen by their frequency, and
   * the unit of time by the times.
   */
  readonly schema: SegmentSchema | null
}

/** null = no row is left. */
export function encode(
  { recent, stored, schema }: EncodeInput,
  { disk }: ThreadTools,
): Transferred<EncodedRowGroup | null> {
  const files = segmentFiles(disk)
  const open: RowColumns[] = recent.map(openPart)
  const parts = stored.reduce((all, kept) => all.concat(openKept(kept, files)), open)
  const filled = parts.filter(({ count }) => count > 0)
  if (filled.length === 0) return { result: null, transfer: [] }
  const chosen =
    schema ?? segmentSchema(chooseAttributes(filled, ATTRIBUTE_COLUMNS_MAX), timeUnitOf(filled))
  const result = encodeRowGroup(filled, chosen)
  const buffers = new Set([result.bytes.buffer, result.index.buffer])
  return { result, transfer: [...buffers].filter(buffer => buffer instanceof ArrayBuffer) }
}

/** All columns are read while the file is open. */
function openKept(kept: KeptRows, files: SegmentFiles): RowColumns {
  const { path, group, receivedFromUs, day, deleted } = kept
  const gone = deleted === null ? null : openDeleted(deleted)
  return files.use(path, segment => {
    const stored = segment.footer.groups[group]
    if (stored === undefined) throw new Error(`no row group ${group} in ${path}`)
    const rows = openRowGroup(segment.read, stored)
    const numbers = new Uint32Array(rows.count)
    let count = 0
    for (let row = 0; row < rows.count; row++) {
      const ofDay = day === null || Math.floor((rows.timeUs[row] as number) / DAY_US) === day
      const alive = (rows.receivedAtUs[row] as number) >= receivedFromUs
      if (ofDay && alive && !(gone && hasRow(gone, row))) numbers[count++] = row
    }
    return takeRows(rows, numbers.subarray(0, count))
  })
}
