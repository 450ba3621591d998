/** Metrics of applications, and what the server measures of itself. */
import { call } from './client.ts'

export interface MetricName {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly services: readonly string[]
  /** Keys of labels. */
  readonly labels: readonly string[]
  readonly last_seen: string
}

export interface MetricQuestion {
  readonly project: string
  readonly name: string
  readonly function: string
  readonly by: readonly string[]
  /** RFC 3339. */
  readonly start_time: string
  readonly end_time?: string
}

export interface MetricAnswer {
  readonly unit: string
  /** Seconds. */
  readonly step: number
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly points: readonly { readonly time: string; readonly value: number }[]
  }[]
}

export interface MetricFamily {
  readonly name: string
  readonly samples: readonly { readonly value: number | null }[]
}

export async function listMetrics(
  project: string,
  signal: AbortSignal,
): Promise<readonly MetricName[]> {
  const path = `/api/v1/metrics/names?${new URLSearchParams({ project, time_range: '24h' })}`
  return (await call<{ names: MetricName[] }>('GET', path, { signal })).names
}

export function queryMetric(question: MetricQuestion, signal: AbortSignal): Promise<MetricAnswer> {
  return call<MetricAnswer>('POST', '/api/v1/metrics/query', { body: question, signal })
}

/** For administrators. */
export async function readSystemMetrics(signal: AbortSignal): Promise<readonly MetricFamily[]> {
  const path = '/api/v1/metrics/system'
  return (await call<{ metrics: MetricFamily[] }>('GET', path, { signal })).metrics
}
