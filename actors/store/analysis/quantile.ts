import { smallest } from '../row-keys.ts'

/**
 * Continuous quantile, as DuckDB's quantile_cont: between the two values around the place
 * (n - 1) × q in sorted order, in proportion. Reorders `values`, of which there is at least one.
 */
export function quantile(values: Float64Array, q: number): number {
  const place = (values.length - 1) * q
  const below = Math.floor(place)
  const low = smallest(values, below + 1)
  if (place === below) return low
  // Selection leaves everything behind its place at least as large.
  const high = values.subarray(below + 1).reduce((least, value) => Math.min(least, value))
  return low + (high - low) * (place - below)
}
