/** What a firing's logs have in common, and how its value came about: for whoever has to judge it. */
import { compare } from '#actors/alerts/window-value.ts'
import type { AlertCondition } from '#proto/alert-rule.ts'
import type { Json, Row } from '#proto/api.ts'

export interface AlertFindings {
  /** The oldest logs of the window. */
  readonly first: readonly Row[]
  /** What most of them say, `<*>` for what differs. */
  readonly patterns: readonly CommonPattern[]
  /** Values that more of them have than of the logs of the window before. */
  readonly unusual: readonly UnusualValue[]
  readonly series: AlertSeries | null
}

export interface CommonPattern {
  readonly pattern: string
  readonly count: number
}

/** Shares of newest logs, 0 to 1. */
export interface UnusualValue {
  readonly field: string
  readonly value: string
  readonly share: number
  readonly before: number
}

/** What a rule said of sliding windows, one after the other. */
export interface AlertSeries {
  /** `p95(duration_ms)`; null = it is the number of logs that match, not what the rule computes. */
  readonly of: string | null
  /** End of the first window. */
  readonly fromUs: number
  readonly stepUs: number
  /** null = there was nothing to be measured. */
  readonly values: readonly (number | null)[]
  /** What the values are held against; null = nothing. */
  readonly condition: AlertCondition | null
}

/** Whether a value of it would fire. */
export function isBeyond({ condition }: Pick<AlertSeries, 'condition'>, value: number): boolean {
  if (condition === null) return false
  return compare(value, condition.operator, condition.threshold)
}

/** `p95(duration_ms)`, `Logs that match`. */
export function seriesName({ of }: Pick<AlertSeries, 'of'>): string {
  return of ?? 'Logs that match'
}

export const NO_FINDINGS: AlertFindings = { first: [], patterns: [], unusual: [], series: null }

/** Fewer say nothing about others. */
const SAMPLE_MIN = 5
const SHARE_MIN = 0.3
const RISE_MIN = 0.2
const UNUSUAL_MAX = 3
const VALUE_CHARS_MAX = 200

/** Of samples of a window and of the one before; more often by at least a fifth of all. */
export function unusualValues(
  rows: readonly Row[],
  before: readonly Row[],
): readonly UnusualValue[] {
  if (rows.length < SAMPLE_MIN || before.length < SAMPLE_MIN) return []
  const [now, then] = [valueCounts(rows), valueCounts(before)]
  return [...now]
    .map(([key, count]) => {
      const [field = '', value = ''] = JSON.parse(key) as string[]
      const share = count / rows.length
      return { field, value, share, before: (then.get(key) ?? 0) / before.length }
    })
    .filter(({ share, before: old }) => share >= SHARE_MIN && share - old >= RISE_MIN)
    .toSorted((a, b) => b.share - b.before - (a.share - a.before) || (a.field < b.field ? -1 : 1))
    .slice(0, UNUSUAL_MAX)
}

function valueCounts(rows: readonly Row[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { service, host, level, file, attributes } of rows) {
    const fields: readonly (readonly [string, Json])[] = [
      ...Object.entries({ service, host, level, file }),
      ...Object.entries(attributes),
    ]
    for (const [field, value] of fields) {
      const text = plainValue(value)
      if (text === '') continue
      const key = JSON.stringify([field, text])
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

/** '' = nothing to count. */
function plainValue(value: Json): string {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  return typeof value === 'string' && value.length <= VALUE_CHARS_MAX ? value : ''
}

/** Of counts of steps, those of windows of so many steps; the first windows need some before. */
export function slidingCounts(counts: readonly number[], steps: number): number[] {
  const sums: number[] = []
  let sum = 0
  for (const [i, count] of counts.entries()) {
    sum += count - (counts[i - steps] ?? 0)
    if (i >= steps - 1) sums.push(sum)
  }
  return sums
}
