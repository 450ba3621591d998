/** How far a reader of a live tail has seen, as an immutable value. */
import type { LogPlace } from '#actors/commit-log/commit-log.ts'
import type { EntryPlace, Positions } from '#actors/commit-log/positions.ts'

/** Everything before it was delivered, left out and told, or no match. */
export interface TailPlace extends LogPlace {
  /** The log up to here … */
  readonly positions: Positions
  /** … and in these partitions, of the project's next entry, the records before this one. */
  readonly rows: ReadonlyMap<number, number>
  /**
   * No later row was received before this, so that a gap can be told in receipt time. May be too
   * early, never too late.
   */
  readonly receivedAtUs: number
}

/** A committed batch, as far as a place is concerned. */
export interface TailEntry extends EntryPlace {
  readonly receivedAtUs: number
}

const NO_ROWS: ReadonlyMap<number, number> = new Map()
/** Batches on their way to the log were received before the place that is now its end. */
const UNDER_WAY_US = 10_000_000

/** Between two entries. */
export function placeOf({ positions, receivedAtUs }: LogPlace): TailPlace {
  return { positions, rows: NO_ROWS, receivedAtUs }
}

/** The present end of the log, or what was lately. */
export function placeAt(positions: Positions, nowUs: number): TailPlace {
  return placeOf({ positions, receivedAtUs: Math.max(0, nowUs - UNDER_WAY_US) })
}

/** The record to begin with in the next entry of a partition. */
export function rowIn({ rows }: TailPlace, partition: number): number {
  return rows.get(partition) ?? 0
}

/** The entry seen as a whole. */
export function behindEntry(place: TailPlace, entry: TailEntry): TailPlace {
  const { receivedAtUs } = entry
  const positions = place.positions.with(entry)
  if (!place.rows.has(entry.partition)) return { positions, rows: place.rows, receivedAtUs }
  const rows = new Map(place.rows)
  rows.delete(entry.partition)
  return { positions, rows, receivedAtUs }
}

/** The records of the entry before `row` seen. */
export function insideEntry(place: TailPlace, entry: TailEntry, row: number): TailPlace {
  const { receivedAtUs } = entry
  return { ...place, rows: new Map([...place.rows, [entry.partition, row]]), receivedAtUs }
}

/** Everything up to `other` seen, in the partitions where that is further. */
export function behindPlace(place: TailPlace, { positions, receivedAtUs }: LogPlace): TailPlace {
  const union = place.positions.union(positions)
  const rows = [...place.rows].filter(
    ([partition]) => union.at(partition) === place.positions.at(partition),
  )
  return { positions: union, rows: new Map(rows), receivedAtUs }
}
