/** Rows per wording: how many, from when to when, over time, and where some of them are. */
import { PatternIds } from '#actors/processing/patterns/pattern-ids.ts'
import { patternOf, signMessages } from '#actors/processing/patterns/signature.ts'
import type { RowColumns } from '#proto/columns.ts'

export const EXAMPLES_MAX = 3

/** What is known of the rows of one wording, or of several. */
export interface WordingCount {
  count: number
  firstUs: number
  lastUs: number
  /** Rows per bar by its start in µs. */
  readonly bars: Map<number, number>
  /** Rows to be shown, all of one unit: the one with the smallest `unit`. */
  examples: Places
}

/** Rows of a unit by number, ascending. */
export interface Places {
  readonly unit: number
  readonly rows: number[]
}

export type WordingCounts = ReadonlyMap<number, WordingCount>

export class WordingCounter {
  readonly counts = new Map<number, WordingCount>()
  readonly #barUs: number

  constructor(barUs: number) {
    this.#barUs = barUs
  }

  /** Adds the `selected` rows, ascending, of a unit. */
  add(
    rows: RowColumns,
    selected: Uint32Array,
    { unit, numberOf }: { readonly unit: number; readonly numberOf: (row: number) => number },
  ): void {
    const { timeUs } = rows
    const idOf = idsOf(rows, selected)
    let id = 0
    let entry: WordingCount | undefined
    let bar = 0
    let barEnd = 0
    let barRows = 0
    const closeBar = (): void => {
      if (barRows > 0) entry?.bars.set(bar, (entry.bars.get(bar) ?? 0) + barRows)
      barRows = 0
    }
    for (const row of selected) {
      const next = idOf(row)
      // Alike rows stand side by side.
      if (next !== id || entry === undefined) {
        closeBar()
        id = next
        entry = this.#entry(id, unit)
      }
      const time = timeUs[row] as number
      if (time < bar || time >= barEnd) {
        closeBar()
        bar = time - (time % this.#barUs)
        barEnd = bar + this.#barUs
      }
      barRows++
      entry.count++
      if (time < entry.firstUs) entry.firstUs = time
      if (time > entry.lastUs) entry.lastUs = time
      const { examples } = entry
      if (examples.unit === unit && examples.rows.length < EXAMPLES_MAX) {
        examples.rows.push(numberOf(row))
      }
    }
    closeBar()
  }

  /** Adds what was counted elsewhere. */
  merge(counts: WordingCounts): void {
    for (const [id, count] of counts) mergeInto(this.counts, id, count)
  }

  #entry(id: number, unit: number): WordingCount {
    const known = this.counts.get(id)
    if (known !== undefined) return known
    const fresh = {
      count: 0,
      firstUs: Number.POSITIVE_INFINITY,
      lastUs: Number.NEGATIVE_INFINITY,
      bars: new Map<number, number>(),
      examples: { unit, rows: [] },
    }
    this.counts.set(id, fresh)
    return fresh
  }
}

/** Few rows of many are signed one by one, where nothing is stored. */
function idsOf(rows: RowColumns, selected: Uint32Array): (row: number) => number {
  if (rows.patternId === null && selected.length * 2 < rows.count) {
    const ids = new PatternIds(rows)
    return row => ids.of(row)
  }
  const pairs = rows.patternId ?? signMessages(rows.message, rows.count)
  let [low, high, id] = [0, 0, 0]
  return row => {
    if (pairs[2 * row] !== low || pairs[2 * row + 1] !== high) {
      low = pairs[2 * row] as number
      high = pairs[2 * row + 1] as number
      id = patternOf(low, high)
    }
    return id
  }
}

/** Adds to the counts of an id. */
export function mergeInto(into: Map<number, WordingCount>, id: number, more: WordingCount): void {
  const known = into.get(id)
  if (known === undefined) {
    into.set(id, { ...more, bars: new Map(more.bars) })
    return
  }
  known.count += more.count
  known.firstUs = Math.min(known.firstUs, more.firstUs)
  known.lastUs = Math.max(known.lastUs, more.lastUs)
  for (const [bar, count] of more.bars) known.bars.set(bar, (known.bars.get(bar) ?? 0) + count)
  known.examples = examplesOf(known.examples, more.examples)
}

/** Of one unit; where both have rows in it, some of each. */
function examplesOf(known: Places, more: Places): Places {
  if (more.unit !== known.unit) return more.unit < known.unit ? more : known
  const room = Math.max(1, EXAMPLES_MAX - known.rows.length)
  const rows = [...known.rows.slice(0, EXAMPLES_MAX - room), ...more.rows.slice(0, room)]
  return { unit: known.unit, rows: rows.sort((a, b) => a - b) }
}
