import type { Row } from '#proto/api.ts'
import { compareRows } from './row-order.ts'

/**
 * The rows that the page keeps: newest first, each once, bounded. When it has to forget, it forgets
 * the oldest ones and remembers that there is more below.
 */
export class RowBook {
  readonly #max: number
  readonly #ids = new Set<string>()
  #rows: readonly Row[] = []
  #cut = false

  constructor(max: number) {
    this.#max = max
  }

  /** Newest first; a new array after every change. */
  get rows(): readonly Row[] {
    return this.#rows
  }

  /** Old rows were forgotten: what follows the last one has to be searched anew. */
  get cut(): boolean {
    return this.#cut
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Takes rows in any order and answers those that were new, newest first; keeps the newest `max`. */
  add(rows: readonly Row[], max = this.#max): readonly Row[] {
    const fresh = rows.filter(row => {
      if (this.#ids.has(row.id)) return false
      this.#ids.add(row.id)
      return true
    })
    if (fresh.length === 0) return fresh
    fresh.sort((a, b) => compareRows(b, a))
    const merged = mergeNewestFirst(this.#rows, fresh)
    if (merged.length > max) {
      for (const row of merged.splice(max)) this.#ids.delete(row.id)
      this.#cut = true
    }
    this.#rows = merged
    return fresh
  }

  /** What follows the last row was searched anew: nothing is missing between. */
  mend(): void {
    this.#cut = false
  }

  clear(): void {
    this.#ids.clear()
    this.#rows = []
    this.#cut = false
  }

  /** Becomes what `other` is; `other` is empty afterwards. */
  takeOver(other: RowBook): void {
    const { rows, cut } = other
    this.clear()
    this.add(rows)
    this.#cut ||= cut
    other.clear()
  }
}

/** Where `row` stands in rows that are newest first, or would stand. */
export function positionOf(rows: readonly Row[], row: Row): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = rows[middle]
    if (other !== undefined && compareRows(other, row) > 0) low = middle + 1
    else high = middle
  }
  return low
}

function mergeNewestFirst(old: readonly Row[], fresh: readonly Row[]): Row[] {
  const newestOld = old[0]
  const oldestFresh = fresh.at(-1)
  // Nearly always the fresh rows are newer than all others (live) or older (the next page).
  if (
    newestOld === undefined ||
    oldestFresh === undefined ||
    compareRows(oldestFresh, newestOld) > 0
  )
    return [...fresh, ...old]
  const merged: Row[] = []
  let at = 0
  for (const row of fresh) {
    for (let next = old[at]; next !== undefined && compareRows(next, row) > 0; next = old[++at])
      merged.push(next)
    merged.push(row)
  }
  return merged.concat(old.slice(at))
}
