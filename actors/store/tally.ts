/** Counts of matching rows by level, by service and over time: sums that any thread may add to. */

import { entryText } from '#actors/processing/folded-bytes.ts'
import { LEVEL_OF_SEVERITY } from '#actors/processing/level-numbers.ts'
import { LEVELS } from '#proto/api.ts'
import { entryOf, type RowColumns, type TextColumn } from '#proto/columns.ts'

const LEVEL_COUNT = LEVELS.length
const MINUTE_US = 60_000_000

/** What to count; a column that nobody asks for is never touched. */
export interface TallyWanted {
  readonly levels: boolean
  readonly services: boolean
  /** Width of the histogram's bars in µs; null = no histogram. */
  readonly barUs: number | null
}

/** Rows per (minute, service, level) as parallel arrays: a summary of a row group or of a batch. */
export interface Cells {
  readonly services: readonly string[]
  /** Minutes since 1970 of event time. */
  readonly minute: ArrayLike<number>
  readonly service: ArrayLike<number>
  /** Index into LEVELS. */
  readonly level: ArrayLike<number>
  readonly count: ArrayLike<number>
}

/** A filter over cells. */
export interface CellFilter {
  /** Both ends included. */
  readonly firstMinute: number
  readonly lastMinute: number
  /** Bit i = rows of the service with LEVELS[i] are taken. */
  levelsOf(service: string): number
}

/** A tally as it crosses threads: parallel arrays. */
export interface TallyCounts {
  readonly total: number
  /** In the order of LEVELS. */
  readonly levels: readonly number[]
  readonly services: readonly string[]
  readonly serviceCounts: readonly number[]
  /** Start of each bar in µs, in no order. */
  readonly bars: Float64Array
  /** Per bar one count a level. */
  readonly barCounts: Float64Array
}

export class Tally {
  total = 0
  readonly levels = new Float64Array(LEVEL_COUNT)
  readonly services = new Map<string, number>()
  readonly #wanted: TallyWanted
  readonly #bars = new Map<number, Float64Array>()
  #lastBar: Float64Array | undefined
  #lastStart = -1

  constructor(wanted: TallyWanted) {
    this.#wanted = wanted
  }

  /** Adds rows by number. */
  addRows(rows: RowColumns, selected: Uint32Array): void {
    this.total += selected.length
    if (selected.length === 0) return
    const { levels, services, barUs } = this.#wanted
    if (levels) this.#addLevels(rows.severity, selected)
    if (services) this.#addServices(rows.service, selected)
    if (barUs === null) return
    for (const row of selected) {
      const level = LEVEL_OF_SEVERITY[rows.severity[row] as number] as number
      const time = rows.timeUs[row] as number
      const bar = this.#bar(time - (time % barUs))
      bar[level] = (bar[level] as number) + 1
    }
  }

  /** Adds the cells of a summary that the filter takes. Bars must be whole minutes wide. */
  addCells(cells: Cells, filter: CellFilter): void {
    const { services, minute, service, level, count } = cells
    const { firstMinute, lastMinute } = filter
    const taken = services.map(name => filter.levelsOf(name))
    const byService = new Float64Array(services.length)
    const { barUs } = this.#wanted
    for (let cell = 0; cell < count.length; cell++) {
      const at = minute[cell] as number
      const levelAt = level[cell] as number
      const serviceAt = service[cell] as number
      if (at < firstMinute || at > lastMinute) continue
      if (((taken[serviceAt] as number) & (1 << levelAt)) === 0) continue
      const rows = count[cell] as number
      this.total += rows
      this.levels[levelAt] = (this.levels[levelAt] as number) + rows
      byService[serviceAt] = (byService[serviceAt] as number) + rows
      if (barUs === null) continue
      const time = at * MINUTE_US
      const bar = this.#bar(time - (time % barUs))
      bar[levelAt] = (bar[levelAt] as number) + rows
    }
    if (!this.#wanted.services) return
    for (const [i, rows] of byService.entries()) {
      if (rows > 0) this.#addService(services[i] as string, rows)
    }
  }

  merge(other: TallyCounts): void {
    this.total += other.total
    for (const [level, count] of other.levels.entries()) {
      this.levels[level] = (this.levels[level] as number) + count
    }
    for (const [i, service] of other.services.entries()) {
      this.#addService(service, other.serviceCounts[i] as number)
    }
    for (const [i, start] of other.bars.entries()) {
      const bar = this.#bar(start)
      for (let level = 0; level < LEVEL_COUNT; level++) {
        const more = other.barCounts[i * LEVEL_COUNT + level] as number
        bar[level] = (bar[level] as number) + more
      }
    }
  }

  counts(): TallyCounts {
    const barCounts = new Float64Array(this.#bars.size * LEVEL_COUNT)
    let at = 0
    for (const bar of this.#bars.values()) {
      barCounts.set(bar, at)
      at += LEVEL_COUNT
    }
    return {
      total: this.total,
      levels: [...this.levels],
      services: [...this.services.keys()],
      serviceCounts: [...this.services.values()],
      bars: Float64Array.from(this.#bars.keys()),
      barCounts,
    }
  }

  /** Bars that have rows, by time. */
  bars(): (readonly [startUs: number, byLevel: Float64Array])[] {
    return [...this.#bars].sort(([a], [b]) => a - b)
  }

  #addLevels(severity: Uint8Array, selected: Uint32Array): void {
    const bySeverity = new Uint32Array(256)
    for (const row of selected) {
      const at = severity[row] as number
      bySeverity[at] = (bySeverity[at] as number) + 1
    }
    for (const [at, count] of bySeverity.entries()) {
      const level = LEVEL_OF_SEVERITY[at] as number
      this.levels[level] = (this.levels[level] as number) + count
    }
  }

  /** Counts entries first: one text per entry, not per row. */
  #addServices(service: TextColumn, selected: Uint32Array): void {
    const byEntry = new Uint32Array(service.offsets.length - 1)
    for (const row of selected) {
      const entry = entryOf(service, row)
      byEntry[entry] = (byEntry[entry] as number) + 1
    }
    for (const [entry, count] of byEntry.entries()) {
      if (count > 0) this.#addService(entryText(service, entry), count)
    }
  }

  #addService(service: string, count: number): void {
    this.services.set(service, (this.services.get(service) ?? 0) + count)
  }

  /** Rows and cells come mostly in order of time: the last bar is mostly the next one. */
  #bar(start: number): Float64Array {
    if (this.#lastBar !== undefined && this.#lastStart === start) return this.#lastBar
    let bar = this.#bars.get(start)
    if (bar === undefined) {
      bar = new Float64Array(LEVEL_COUNT)
      this.#bars.set(start, bar)
    }
    this.#lastStart = start
    this.#lastBar = bar
    return bar
  }
}
