/** The spans and widths that overviews offer. */

const MINUTE_US = 60_000_000

export const TIME_RANGES = {
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '6h': 360,
  '12h': 720,
  '24h': 1_440,
  '7d': 10_080,
  '30d': 43_200,
} as const
export type TimeRange = keyof typeof TIME_RANGES

export const INTERVALS = { '1m': 1, '5m': 5, '15m': 15, '30m': 30, '1h': 60 } as const
export type Interval = keyof typeof INTERVALS

export const rangeNames = Object.keys(TIME_RANGES) as TimeRange[]
export const intervalNames = Object.keys(INTERVALS) as Interval[]

/** Bars of one answer at most; without an interval the narrowest with so many is taken. */
export const POINTS_MAX = 10_000
const POINTS_WANTED = 120

export interface Span {
  /** Event time in µs, [start, end). Starts where a bar does, so that summaries can answer. */
  readonly startUs: number
  readonly endUs: number
}

/** The last `range` before now, begun at the start of its first bar. */
export function spanOf(range: TimeRange, nowUs: number, intervalUs = MINUTE_US): Span {
  const startUs = nowUs - TIME_RANGES[range] * MINUTE_US
  return { startUs: startUs - (startUs % intervalUs), endUs: nowUs }
}

/** Width of a bar in µs; null = it would be too many of them. */
export function intervalUsOf(range: TimeRange, asked: Interval | undefined): number | null {
  const minutes = TIME_RANGES[range]
  if (asked !== undefined) {
    return minutes / INTERVALS[asked] > POINTS_MAX ? null : INTERVALS[asked] * MINUTE_US
  }
  const widths = Object.values(INTERVALS)
  const width = widths.find(each => minutes / each <= POINTS_WANTED) ?? INTERVALS['1h']
  return width * MINUTE_US
}
