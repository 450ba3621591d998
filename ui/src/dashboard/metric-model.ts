/** Metrics of applications as charts: which function suits a type, and the answer as series. */
import type { MetricAnswer, MetricName } from '../api/metrics.ts'
import { SERIES_MAX, type Timechart } from '../charts/timechart-model.ts'
import { numberText } from '../kit/number-text.ts'
import { timeMs } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'

/** The first of them is the usual one. */
export const FUNCTIONS: Readonly<Record<MetricName['type'], readonly string[]>> = {
  counter: ['rate', 'increase'],
  gauge: ['avg', 'min', 'max', 'last'],
  histogram: ['p95', 'p50', 'p99', 'avg', 'max', 'rate'],
}

export function usualFunction(type: MetricName['type']): string {
  return FUNCTIONS[type][0] ?? 'avg'
}

export function metricChart({ series, step }: MetricAnswer, interval: Interval): Timechart {
  const all = series.map(({ labels, points }) => ({
    name: Object.values(labels).join(' · '),
    values: new Map(points.map(({ time, value }) => [timeMs(time), value])),
  }))
  const largest = (values: ReadonlyMap<number, number>): number => Math.max(0, ...values.values())
  const shown = all.toSorted((a, b) => largest(b.values) - largest(a.values)).slice(0, SERIES_MAX)
  const barMs = step * 1000
  return {
    interval: {
      fromMs: Math.floor(interval.fromMs / barMs) * barMs,
      toMs: Math.ceil(interval.toMs / barMs) * barMs,
    },
    barMs,
    measure: 'value',
    isStacked: false,
    series: shown,
    left: all.length - shown.length,
    max: Math.max(0, ...shown.map(({ values }) => largest(values))),
  }
}

/** `12 ms`, `3.4 /s`, with the unit that a function leaves. */
export function metricText(value: number, fn: string, unit: string): string {
  const text = numberText(value)
  if (fn === 'rate') return `${text}/s`
  return unit === '' || fn === 'increase' ? text : `${text} ${unit}`
}

/** The newest value of all series together; null = there is none. */
export function lastValue(chart: Timechart): number | null {
  let lastMs = Number.NEGATIVE_INFINITY
  let value: number | null = null
  for (const { values } of chart.series)
    for (const [ms, each] of values)
      if (ms > lastMs) {
        lastMs = ms
        value = each
      }
  return value
}
