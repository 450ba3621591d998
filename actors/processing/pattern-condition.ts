/** Rows of some patterns. */
import type { RowColumns } from '#proto/columns.ts'
import { COST, type Condition } from './condition.ts'
import { PatternIds } from './patterns/pattern-ids.ts'
import { patternOf } from './patterns/signature.ts'
import { filterTexts } from './text-filter.ts'

/** Every row has an id; where none is stored, messages are looked at. */
export function patternCondition(ids: readonly number[]): Condition {
  const wanted = new Set(ids)
  return {
    cost: COST.id,
    narrow(rows, selected) {
      if (selected.length === 0 || wanted.size === 0) return selected.subarray(0, 0)
      if (rows.patternId !== null) return filterStored(rows.patternId, selected, wanted)
      return filterMessages(rows, selected, wanted)
    },
  }
}

function filterStored(
  pairs: Int32Array,
  selected: Uint32Array,
  wanted: ReadonlySet<number>,
): Uint32Array {
  const passed = new Uint32Array(selected.length)
  let count = 0
  let [low, high, isWanted] = [0, 0, false]
  for (let i = 0; i < selected.length; i++) {
    const row = selected[i] as number
    // Alike rows stand side by side.
    if (pairs[2 * row] !== low || pairs[2 * row + 1] !== high) {
      low = pairs[2 * row] as number
      high = pairs[2 * row + 1] as number
      isWanted = wanted.has(patternOf(low, high))
    }
    if (isWanted) passed[count++] = row
  }
  return passed.subarray(0, count)
}

function filterMessages(
  rows: RowColumns,
  selected: Uint32Array,
  wanted: ReadonlySet<number>,
): Uint32Array {
  const ids = new PatternIds(rows)
  return filterTexts(rows.message, selected, entry => wanted.has(ids.ofEntry(entry)))
}
