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

/** The same of values of which each comes `times` times, `count` in all. Reorders both. */
export function countedQuantile(
  values: Float64Array,
  times: Float64Array,
  count: number,
  q: number,
): number {
  return quantileOf(count, q, place => countedAt(values, times, place))
}

/** The same of `count` values; `valueAt` is asked for one place, or for that and the next. */
export function quantileOf(count: number, q: number, valueAt: (place: number) => number): number {
  const place = (count - 1) * q
  const below = Math.floor(place)
  const low = valueAt(below)
  return place === below ? low : low + (valueAt(below + 1) - low) * (place - below)
}

/** The value at a place in order, from 0: Hoare's selection with weights. */
function countedAt(values: Float64Array, times: Float64Array, place: number): number {
  let [low, high, left] = [0, values.length - 1, place]
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number
    let [i, j] = [low, high]
    while (i <= j) {
      while ((values[i] as number) < pivot) i++
      while ((values[j] as number) > pivot) j--
      if (i > j) break
      swap(values, i, j)
      swap(times, i++, j--)
    }
    // [low, j] are at most, [i, high] at least the pivot, and what is between is.
    const below = sumOf(times, low, j + 1)
    const between = sumOf(times, j + 1, i)
    if (left < below) high = j
    else if (left < below + between) return pivot
    else {
      left -= below + between
      low = i
    }
  }
  return values[low] as number
}

function swap(numbers: Float64Array, a: number, b: number): void {
  const kept = numbers[a] as number
  numbers[a] = numbers[b] as number
  numbers[b] = kept
}

function sumOf(numbers: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += numbers[i] as number
  return sum
}
