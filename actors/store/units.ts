/** Units of a search as tasks get them, opened into rows. */
import { openRows } from '#actors/processing/rows.ts'
import type { RowColumns } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { hasRow, openDeleted } from './deleted-rows.ts'
import { SegmentCorruptError } from './parquet/corrupt.ts'
import type { StoredRowGroup } from './parquet/footer.ts'
import { openRowGroup } from './parquet/reader.ts'
import { rowsOfBlocks } from './prune.ts'
import type { RecentPart } from './recent.ts'
import type { OpenSegment, SegmentFiles } from './segment-files.ts'

/** `id` is the caller's; keys of found rows carry it. */
export type UnitRef =
  | {
      readonly type: 'stored'
      readonly id: number
      readonly path: string
      readonly group: number
      /** Blocks to read as a bit mask; null = all. */
      readonly blocks: number | null
      /** Deleted rows (deleted-rows.ts); null = none. */
      readonly deleted: string | null
    }
  | { readonly type: 'recent'; readonly id: number; readonly parts: readonly RecentPart[] }

/** Some rows of a unit. */
export interface OpenedRows {
  readonly rows: RowColumns
  /** Those of the selected rows that are not deleted. */
  readonly live: (selected: Uint32Array) => Uint32Array
  /** Number within the unit of row `i`. */
  readonly numberOf: (i: number) => number
  /** Opens few of the rows, given by ascending numbers, anew; null = all columns are open. */
  readonly openSome: ((rows: Uint32Array) => RowColumns) | null
}

/** Lends the rows of a unit, part by part; they are valid during `run` only. */
export function openUnit(
  unit: UnitRef,
  files: SegmentFiles,
  run: (opened: OpenedRows) => void,
): void {
  if (unit.type === 'stored') {
    files.use(unit.path, segment => run(openStored(segment, unit)))
    return
  }
  let base = 0
  for (const part of unit.parts) {
    const rows = openPart(part)
    const first = base
    run({ rows, live: selected => selected, numberOf: i => first + i, openSome: null })
    base += rows.count
  }
}

/** Rows of a committed batch. */
export function openPart({ envelope, memory, offset, length }: RecentPart): RowColumns {
  return openRows(envelope, openProven(new Uint8Array(memory, offset, length)))
}

function openStored(
  segment: OpenSegment,
  { group, blocks, deleted }: UnitRef & { readonly type: 'stored' },
): OpenedRows {
  const stored = groupOf(segment, group)
  const index = blocks === null ? null : segment.index(group)
  const numbers =
    blocks === null || index === null ? null : rowsOfBlocks(blocks, index, stored.rowCount)
  const numberOf = (i: number): number => (numbers === null ? i : (numbers[i] as number))
  const gone = deleted === null ? null : openDeleted(deleted)
  return {
    rows: openRowGroup(segment.read, stored, numbers),
    live: selected => (gone === null ? selected : selected.filter(i => !hasRow(gone, numberOf(i)))),
    numberOf,
    openSome: rows =>
      openRowGroup(
        segment.read,
        stored,
        numbers === null ? rows : rows.map(i => numbers[i] as number),
      ),
  }
}

/** Lends single rows of a unit, given by ascending numbers, in that order. */
export function openUnitRows(
  unit: UnitRef,
  numbers: Uint32Array,
  files: SegmentFiles,
  run: (rows: RowColumns, i: number) => void,
): void {
  if (unit.type === 'stored') {
    files.use(unit.path, segment => {
      const rows = openRowGroup(segment.read, groupOf(segment, unit.group), numbers)
      for (let i = 0; i < numbers.length; i++) run(rows, i)
    })
    return
  }
  let base = 0
  let next = 0
  for (const part of unit.parts) {
    const end = base + part.envelope.recordCount - part.envelope.rejected.length
    if ((numbers[next] ?? Number.POSITIVE_INFINITY) < end) {
      const rows = openPart(part)
      while ((numbers[next] ?? Number.POSITIVE_INFINITY) < end) {
        run(rows, (numbers[next++] as number) - base)
      }
    }
    base = end
  }
}

function groupOf(segment: OpenSegment, group: number): StoredRowGroup {
  const stored = segment.footer.groups[group]
  if (stored !== undefined) return stored
  throw new SegmentCorruptError(`no row group ${group}`)
}
