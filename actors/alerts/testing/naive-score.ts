/** The score of an anomaly, the slow and obvious way, of every value there ever was. */
import { type AlertRule, measuredBy } from '#proto/alert-rule.ts'

const DAY_US = 86_400e6

/** `past`: values of the group's windows by their ends, of those that ended with a slot. */
export function naiveScore(
  { aggregate, windowS }: AlertRule,
  slotUs: number,
  past: ReadonlyMap<number, number>,
  endUs: number,
  measured: number | null,
): number | null | 'unknown' {
  const slotEndUs = Math.ceil(endUs / slotUs) * slotUs
  const all = [...past].map(([atUs, value]) => ({ agoUs: slotEndUs - atUs, value }))
  const seasonal = all.filter(({ agoUs }) => {
    const days = Math.round(agoUs / DAY_US)
    return days >= 1 && days <= 7 && Math.abs(agoUs - days * DAY_US) <= slotUs
  })
  const recent = all.filter(({ agoUs }) => agoUs >= 2 * slotUs && agoUs <= 2 * DAY_US + slotUs)
  if (seasonal.length < 12 && recent.length < 24) return 'unknown'
  if (measured === null) return null
  const usual = (seasonal.length < 12 ? recent : seasonal).map(({ value }) => value)
  const middle = median(usual)
  const spread = median(usual.map(value => Math.abs(value - middle))) / 0.6745
  const { fn } = measuredBy(aggregate)
  const least =
    fn === 'count' || fn === 'distinct'
      ? Math.sqrt(Math.max(1, middle))
      : fn === 'rate'
        ? Math.sqrt(Math.max(1, middle * windowS)) / windowS
        : fn === 'ratio'
          ? 0.01
          : Math.abs(middle) * 0.05
  if (measured === middle) return 0
  const score = (measured - middle) / Math.max(spread, least)
  return Math.min(1_000, Math.max(-1_000, score))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)]
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2
}
