/** From values per group to one number per group: the same definitions whoever computes them. */
import type { AggregateRequest } from '#proto/api.ts'
import { smallest } from './row-keys.ts'
import { ValueCollector, type ValueGroups, valuesWanted } from './values.ts'

/** Groups told at most: those with the largest values. */
export const AGGREGATE_KEYS_MAX = 1_000

export interface AggregateValue {
  readonly key: string
  readonly value: number | null
}

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

/** Aggregates all parts together; without `by` there is always exactly one value. */
export function aggregateGroups(
  request: AggregateRequest,
  parts: readonly ValueGroups[],
): AggregateValue[] {
  const collector = new ValueCollector(valuesWanted(request))
  for (const part of parts) collector.merge(part)
  const { keys, counts, values } = collector.groups()
  let at = 0
  const answers = keys.map((key, i): AggregateValue => {
    const count = counts[i] as number
    if (request.fn === 'count') return { key, value: count }
    const group = values.subarray(at, at + count)
    at += count
    return { key, value: aggregateValues(request.fn, group) }
  })
  return orderAnswers(request, answers)
}

/** Largest value first, then by key. */
export function orderAnswers(
  request: AggregateRequest,
  answers: readonly AggregateValue[],
): AggregateValue[] {
  if (request.by === undefined && answers.length === 0) {
    return [{ key: '', value: request.fn === 'count' ? 0 : null }]
  }
  return [...answers]
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || (a.key < b.key ? -1 : 1))
    .slice(0, AGGREGATE_KEYS_MAX)
}

function aggregateValues(
  fn: Exclude<AggregateRequest['fn'], 'count'>,
  values: Float64Array,
): number | null {
  if (values.length === 0) return null
  switch (fn) {
    case 'p50':
    case 'p95':
    case 'p99':
      return quantile(values, QUANTILES[fn])
    case 'avg':
      return values.reduce((sum, value) => sum + value, 0) / values.length
    case 'min':
      return values.reduce((least, value) => Math.min(least, value))
    case 'max':
      return values.reduce((most, value) => Math.max(most, value))
  }
}

/**
 * Continuous quantile, as DuckDB's quantile_cont: between the two values around the place
 * (n - 1) × q in sorted order, in proportion. Reorders `values`.
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
