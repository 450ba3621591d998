/**
 * How unusual a value is: the modified z-score 0.6745 (x - median) / MAD of B. Iglewicz and
 * D. Hoaglin, How to Detect and Handle Outliers (ASQC, 1993), who call 3.5 an outlier. Of normally
 * distributed values it is about the number of standard deviations, and up to half of the values
 * it is made of may be anything without moving it.
 */
import { ANOMALY_SCORE_MAX, type MeasuredAggregate } from '#proto/alert-rule.ts'
import type { Usual } from './baseline.ts'

/** A standard deviation of normally distributed values is so many MAD. */
const MAD_PER_DEVIATION = 0.6745

/** From -ANOMALY_SCORE_MAX to ANOMALY_SCORE_MAX. */
export function anomalyScore(value: number, usual: Usual, leastSpread: number): number {
  const distance = value - usual.median
  if (distance === 0) return 0
  const score = distance / spreadOf(usual, leastSpread)
  return Math.max(-ANOMALY_SCORE_MAX, Math.min(ANOMALY_SCORE_MAX, score))
}

/** What counts as one standard deviation; 0 = it was always the same, and has no noise. */
export function spreadOf({ deviation }: Usual, leastSpread: number): number {
  return Math.max(deviation / MAD_PER_DEVIATION, leastSpread)
}

/**
 * No value is steadier than this, however constant it was: what is counted scatters by the root of
 * its number (Poisson), a share is told in whole percents, and other numbers by a twentieth, more
 * than twice the error of a quantile.
 */
export function leastSpread(of: MeasuredAggregate, windowS: number, median: number): number {
  if ('metric' in of) return Math.abs(median) / 20
  switch (of.fn) {
    case 'count':
    case 'distinct':
      return Math.sqrt(Math.max(1, median))
    case 'rate':
      return Math.sqrt(Math.max(1, median * windowS)) / windowS
    case 'ratio':
      return 0.01
    default:
      return Math.abs(median) / 20
  }
}
