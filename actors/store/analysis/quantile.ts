import { smallest } from '../row-keys.ts'

/**
 * Continuous quantile, as DuckDB's quantile_cont: between the two values around the place
 * (n - 1) × q in sorted order, in proportion. Reorders `values`, of which there is at least one.
 */
export function quantile(values: Float64Array, q: number): number {
  let isSelected = false
  return quantileOf(values.length, q, place => {
    // Selection leaves everything behind its place at least as large.
    if (isSelected) return values.subarray(place).reduce((a, b) => Math.min(a, b))
    isSelected = true
    return smallest(values, place + 1)
  })
}

/** The same of `count` values; `valueAt` is asked for one place, or for that and the next. */
export function quantileOf(count: number, q: number, valueAt: (place: number) => number): number {
  const place = (count - 1) * q
  const below = Math.floor(place)
  const low = valueAt(below)
  return place === below ? low : low + (valueAt(below + 1) - low) * (place - below)
}
