/** Conditions that narrow the rows of a batch, and how they are joined. */
import type { RowColumns } from '#proto/columns.ts'

export interface Condition {
  /** What the columns it touches cost to look at; only the order counts. */
  readonly cost: number
  /** Those of `selected` (ascending) for which it holds. */
  narrow(rows: RowColumns, selected: Uint32Array): Uint32Array
}

export const COST = {
  number: 0,
  name: 1,
  id: 2,
  attribute: 3,
  message: 4,
  messageScan: 5,
} as const

export const NO_ROWS: Uint32Array = new Uint32Array(0)

/** All hold: cheap columns first, and none is touched once no row is left. */
export function every(conditions: readonly Condition[]): Condition {
  const ordered = conditions.toSorted((a, b) => a.cost - b.cost)
  return {
    cost: costOf(conditions),
    narrow(rows, selected) {
      let left = selected
      for (const condition of ordered) {
        if (left.length === 0) break
        left = condition.narrow(rows, left)
      }
      return left
    },
  }
}

/** At least one holds; a dear one looks only at rows that no cheaper one took. */
export function either(conditions: readonly Condition[]): Condition {
  const ordered = conditions.toSorted((a, b) => a.cost - b.cost)
  return {
    cost: costOf(conditions),
    narrow(rows, selected) {
      let taken = NO_ROWS
      let rest = selected
      for (const condition of ordered) {
        if (rest.length === 0) break
        const more = condition.narrow(rows, rest)
        taken = merge(taken, more)
        rest = without(rest, more)
      }
      return taken
    },
  }
}

export function complement(condition: Condition): Condition {
  return {
    cost: condition.cost,
    narrow: (rows, selected) => without(selected, condition.narrow(rows, selected)),
  }
}

function costOf(conditions: readonly Condition[]): number {
  return Math.max(0, ...conditions.map(({ cost }) => cost))
}

/** Both ascending; a number in both is kept once. */
export function merge(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const merged = new Uint32Array(a.length + b.length)
  let count = 0
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY]
    merged[count++] = Math.min(left, right)
    if (left <= right) i++
    if (right <= left) j++
  }
  return merged.subarray(0, count)
}

function without(rows: Uint32Array, taken: Uint32Array): Uint32Array {
  if (taken.length === 0) return rows
  if (taken.length === rows.length) return NO_ROWS
  let next = 0
  return rows.filter(row => {
    if (row !== taken[next]) return true
    next++
    return false
  })
}
