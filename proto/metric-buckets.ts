/**
 * A histogram of numbers from 0 on as counts of buckets whose bounds grow by a fixed factor, so
 * that a quantile is told with a bounded relative error whatever the numbers are: the idea of
 * DDSketch (https://arxiv.org/abs/1908.10693), with the buckets of an OpenTelemetry exponential
 * histogram of scale 4. Buckets add up, over series and over time.
 *
 * Bucket i counts numbers in (2^((i-1)/16), 2^(i/16)]. What is told for it is never more than
 * QUANTILE_ERROR away from what was counted.
 */

const PER_OCTAVE = 16
const FACTOR = 2 ** (1 / PER_OCTAVE)
/** Largest relative error of a quantile: 2.2 %. */
export const QUANTILE_ERROR = (FACTOR - 1) / (FACTOR + 1)

/** 2^-32: smaller numbers, and 0, are one bucket. */
const INDEX_MIN = -32 * PER_OCTAVE
/** 2^64: larger numbers are counted in the last bucket, and told as the largest of them. */
const INDEX_MAX = 64 * PER_OCTAVE
const INDEX_ZERO = INDEX_MIN - 1

/** Counts by bucket. */
export type Buckets = Map<number, number>

/** The bucket of a number from 0 on. */
export function bucketOf(value: number): number {
  if (value <= 2 ** -32) return INDEX_ZERO
  return Math.min(INDEX_MAX, Math.ceil(Math.log2(value) * PER_OCTAVE))
}

/** Adds the counts of one histogram to those of another. */
export function addBuckets(to: Buckets, from: Buckets): void {
  for (const [index, count] of from) to.set(index, (to.get(index) ?? 0) + count)
}

/**
 * The number below which a part `q` (0 to 1) of all lies, within `min` and `max` of what was
 * counted; null = nothing was.
 */
export function quantileOf(
  buckets: Buckets,
  q: number,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  let total = 0
  for (const count of buckets.values()) total += count
  return valueAt(buckets, Math.floor(q * (total - 1)), { min, max })
}

/** The number that has `rank` others before it; null = there are not so many. */
export function valueAt(
  buckets: Buckets,
  rank: number,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  const ordered = [...buckets].sort(([a], [b]) => a - b)
  let below = 0
  for (const [index, count] of ordered) {
    below += count
    if (below > rank) return Math.min(max, Math.max(min, middleOf(index)))
  }
  return null
}

function middleOf(index: number): number {
  if (index === INDEX_ZERO) return 0
  if (index === INDEX_MAX) return Number.POSITIVE_INFINITY
  return (2 * 2 ** (index / PER_OCTAVE)) / (FACTOR + 1)
}

/** As text: `INDEX:COUNT` with spaces between, ascending. */
export function formatBuckets(buckets: Buckets): string {
  const ordered = [...buckets].sort(([a], [b]) => a - b)
  return ordered.map(([index, count]) => `${index}:${count}`).join(' ')
}

/** Reads what `formatBuckets` wrote; null = it is no such text. */
export function parseBuckets(text: string): Buckets | null {
  const buckets: Buckets = new Map()
  let last = INDEX_ZERO - 1
  for (const pair of text.split(' ')) {
    const [, indexText, countText] = /^(-?\d{1,4}):([1-9]\d{0,15})$/.exec(pair) ?? []
    const [index, count] = [Number(indexText), Number(countText)]
    if (!(index > last && index <= INDEX_MAX && Number.isSafeInteger(count))) return null
    buckets.set(index, count)
    last = index
  }
  return buckets
}
