/**
 * Where a quantile is for sure, as a sample tells: of the numbers below and above that stretch only
 * the count is needed, and the few in it are read.
 */
import { quantileOf } from '../analysis/quantile.ts'
import type { Counted } from './number-cells.ts'

/** Both bounds are in it; null = it has none on that side. */
export interface NumberWindow {
  readonly from: number | null
  readonly to: number | null
}

/** Numbers of one group around one quantile. */
export interface WindowCounts {
  readonly rows: number
  readonly above: number
  /** In the window, ascending. */
  readonly numbers: readonly Counted[]
}

/** Half widths in shares of all rows, ascending: a sample is asked for the numbers at each. */
const MARGINS = [0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12]
/** Standard errors of a share in a sample; 1 of 15,000 quantiles lies outside. */
const ERRORS = 4

/** The percents that a sample is asked for on behalf of a quantile, ascending. */
export function windowPercents(share: number): number[] {
  const shares = [...MARGINS.map(margin => -margin), ...MARGINS].map(margin => share + margin)
  return shares
    .filter(each => each > 0 && each < 1)
    .sort((a, b) => a - b)
    .map(percentOf)
}

/** `rows` of the sample had these numbers at these percents. */
export function windowOf(
  share: number,
  rows: number,
  numberAt: ReadonlyMap<number, number>,
): NumberWindow {
  const margin = marginOf(share, rows)
  if (margin === undefined) return { from: null, to: null }
  const at = (each: number): number | null => numberAt.get(percentOf(each)) ?? null
  return { from: at(share - margin), to: at(share + margin) }
}

/** About how large a part of the rows has to be read. */
export function widthOf(share: number, rows: number): number {
  return 2 * (marginOf(share, rows) ?? 0.5)
}

/** undefined = the sample is too small to tell. */
function marginOf(share: number, rows: number): number | undefined {
  const error = ERRORS * Math.sqrt((share * (1 - share)) / rows) + 1 / rows
  return MARGINS.find(each => each >= error)
}

/** null = it is not in the window: the sample misled. */
export function windowQuantile(
  share: number,
  { rows, above, numbers }: WindowCounts,
): number | null {
  const below = rows - above - numbers.reduce((sum, each) => sum + each.rows, 0)
  let isInside = true
  const quantile = quantileOf(rows, share, place => {
    let seen = below
    for (const each of place < below ? [] : numbers) {
      seen += each.rows
      if (place < seen) return each.number
    }
    isInside = false
    return Number.NaN
  })
  return isInside ? quantile : null
}

/** The same number wherever it comes from: shares are sums of fractions. */
function percentOf(share: number): number {
  return Math.round(share * 1e5) / 1e3
}
