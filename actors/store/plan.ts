/**
 * What a search has to open, decided from what is known of each unit without opening it: a unit is
 * a row group of a segment or a chunk of recent batches, all of one project.
 */
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import { compileCellFilter } from './cell-filter.ts'
import type { Order } from './row-keys.ts'

const MINUTE_US = 60_000_000

/** Ranges with both ends included. */
export interface UnitRange {
  readonly rows: number
  readonly timeMinUs: number
  readonly timeMaxUs: number
  readonly receivedMinUs: number
  readonly receivedMaxUs: number
  /** Rows of it that are deleted, which its summary still counts; absent = it has none. */
  readonly deleted?: object | null
}

/** Drops units that cannot have a matching row. */
export function reachableUnits<Unit extends UnitRange>(
  units: readonly Unit[],
  filter: RowFilter,
): Unit[] {
  return units.filter(
    unit =>
      unit.rows > 0 &&
      unit.timeMaxUs >= filter.startUs &&
      unit.timeMinUs < filter.endUs &&
      unit.receivedMaxUs >= filter.ingestedStartUs &&
      unit.receivedMinUs < filter.ingestedEndUs,
  )
}

/** Units of which every row matches: how many there are is known without opening them. */
export function wholeUnits<Unit extends UnitRange>(
  units: readonly Unit[],
  filter: RowFilter,
): Unit[] {
  const { query, services, levels } = filter
  if (query.terms.length + services.length + levels.length > 0) return []
  return uncutUnits(units, filter)
}

/** Units that no range of time cuts: every row of them is within. */
export function uncutUnits<Unit extends UnitRange>(
  units: readonly Unit[],
  filter: RowFilter,
): Unit[] {
  return units.filter(unit => !cutsTime(unit, filter) && !cutsReceipt(unit, filter))
}

export interface CountPlan<Unit> {
  /** Their summaries say exactly how many rows match. */
  readonly summarized: readonly Unit[]
  readonly scanned: readonly Unit[]
}

/** Decides where counts come from. `barUs`: width of the histogram's bars, null = none wanted. */
export function planCounts<Unit extends UnitRange>(
  units: readonly Unit[],
  filter: RowFilter,
  barUs: number | null,
): CountPlan<Unit> {
  const bySummary = compileCellFilter(filter) !== null && (barUs ?? MINUTE_US) % MINUTE_US === 0
  const answers = (unit: Unit): boolean => bySummary && isAnsweredBySummary(unit, filter)
  return {
    summarized: units.filter(answers),
    scanned: units.filter(unit => !answers(unit)),
  }
}

/** A range that cuts a minute in two, or receive times, need rows. */
function isAnsweredBySummary(unit: UnitRange, filter: RowFilter): boolean {
  const cutsStart = filter.startUs > unit.timeMinUs && filter.startUs % MINUTE_US !== 0
  const cutsEnd = filter.endUs <= unit.timeMaxUs && filter.endUs % MINUTE_US !== 0
  if (unit.deleted) return false
  return !cutsStart && !cutsEnd && !cutsReceipt(unit, filter)
}

function cutsTime({ timeMinUs, timeMaxUs }: UnitRange, { startUs, endUs }: RowFilter): boolean {
  return startUs > timeMinUs || endUs <= timeMaxUs
}

function cutsReceipt(
  { receivedMinUs, receivedMaxUs }: UnitRange,
  { ingestedStartUs, ingestedEndUs }: RowFilter,
): boolean {
  return ingestedStartUs > receivedMinUs || ingestedEndUs <= receivedMaxUs
}

/**
 * The filter as it is for these units: a range that all of their rows are in is left out, so that
 * the column need not be read. Retention alone would make every search read when rows came.
 */
export function filterFor(units: readonly UnitRange[], filter: RowFilter): RowFilter {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs } = ANY_TIME
  return {
    ...filter,
    ...(units.some(unit => cutsTime(unit, filter)) ? {} : { startUs, endUs }),
    ...(units.some(unit => cutsReceipt(unit, filter)) ? {} : { ingestedStartUs, ingestedEndUs }),
  }
}

/** Units in the order in which a walk from the wanted end opens them. */
export function walkOrder<Unit extends UnitRange>(units: readonly Unit[], order: Order): Unit[] {
  return order === 'desc'
    ? [...units].sort((a, b) => b.timeMaxUs - a.timeMaxUs)
    : [...units].sort((a, b) => a.timeMinUs - b.timeMinUs)
}

/**
 * True when no row of `unit`, nor of any unit behind it in walk order, can come before the last of
 * the keys found so far: the walk may stop.
 */
export function isBehind(unit: UnitRange, order: Order, lastTimeUs: number): boolean {
  return order === 'desc' ? unit.timeMaxUs < lastTimeUs : unit.timeMinUs > lastTimeUs
}

/** True when the unit has rows behind a cursor at `timeUs`. */
export function hasRowsBehind(unit: UnitRange, order: Order, timeUs: number): boolean {
  return order === 'desc' ? unit.timeMinUs <= timeUs : unit.timeMaxUs >= timeUs
}
