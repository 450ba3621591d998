/** Points of metrics as an application would send them, for tests. */
import type { Row } from '#proto/api.ts'
import { type MetricPoint, pointAttributes } from '#proto/metric.ts'
import { bucketOf } from '#proto/metric-buckets.ts'
import { formatTime } from '#proto/time.ts'

/** What one series of an application measured in an interval. */
export interface Sample {
  readonly atUs: number
  readonly service: string
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly number[]
}

export function pointOf(type: MetricPoint['type'], values: readonly number[]): MetricPoint {
  const sum = values.reduce((a, b) => a + b, 0)
  const buckets = new Map<number, number>()
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1)
  const value = type === 'counter' ? sum : (values.at(-1) ?? 0)
  const range = { min: Math.min(...values), max: Math.max(...values) }
  return {
    type,
    unit: 'ms',
    intervalMs: 10_000,
    value,
    count: values.length,
    sum,
    ...range,
    buckets,
  }
}

/** The metric `took` of host `h`. */
export function rowOf(type: MetricPoint['type'], { atUs, service, labels, values }: Sample): Row {
  const attributes = { ...labels, ...pointAttributes(pointOf(type, values)) }
  const ids = { trace_id: null, span_id: null, pattern_id: null, file: '', id: '' }
  const head = { level: 'INFO', service, host: 'h', message: 'took', ingested_at: '' } as const
  return { ...ids, ...head, time: formatTime(atUs), attributes }
}
