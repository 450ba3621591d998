/** Patterns as the page tells them: their pieces, what is new, and the bars of their life. */
import type { Pattern } from '../api/facts.ts'
import { timeMs } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'

export interface PatternPiece {
  readonly text: string
  /** Stands for values. */
  readonly isValue: boolean
}

export const PATTERN_ORDERS = ['frequent', 'newest'] as const
export type PatternOrder = (typeof PATTERN_ORDERS)[number]

/** New is what was not there for at least this long before the range. */
const NEW_AFTER_MS = 86_400_000

export function patternPieces(pattern: string): readonly PatternPiece[] {
  return pattern
    .split(/(<\*>)/)
    .filter(text => text !== '')
    .map(text => ({ text, isValue: text === '<*>' }))
}

/** The time before a range in which a pattern must be missing to be new. */
export function timeBefore({ fromMs, toMs }: Interval): Interval {
  const span = Math.max(NEW_AFTER_MS, toMs - fromMs)
  return { fromMs: Math.max(0, fromMs - span), toMs: fromMs }
}

export function orderPatterns(
  patterns: readonly Pattern[],
  order: PatternOrder,
): readonly Pattern[] {
  if (order === 'frequent') return patterns
  return patterns.toSorted((a, b) => timeMs(b.first_seen) - timeMs(a.first_seen))
}

/** One path: a bar for each stretch in which the pattern occurred. */
export function sparkPath(
  counts: Pattern['counts'],
  barMs: number,
  { interval, width, height }: { interval: Interval; width: number; height: number },
): string {
  const scale = width / Math.max(1, interval.toMs - interval.fromMs)
  const largest = Math.max(1, ...counts.map(({ count }) => count))
  const wide = Math.max(1.5, barMs * scale - 0.5)
  return counts
    .map(({ time, count }) => {
      const x = Math.min(width - wide, Math.max(0, (timeMs(time) - interval.fromMs) * scale))
      const tall = Math.max(1, (count / largest) * height)
      return `M${x.toFixed(1)} ${height}v${(-tall).toFixed(1)}h${wide.toFixed(1)}v${tall.toFixed(1)}z`
    })
    .join('')
}
