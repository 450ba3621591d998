/** Errors as a share of all logs, over time and as one number. */
import type { Level } from '#proto/api.ts'
import { type Bar, barTotal } from '../charts/histogram-model.ts'
import type { Timechart } from '../charts/timechart-model.ts'
import type { Interval } from '../time/time-range-model.ts'

type LevelCounts = Readonly<Partial<Record<Level, number>>>

export function errorsOf(counts: LevelCounts): number {
  return (counts.ERROR ?? 0) + (counts.FATAL ?? 0)
}

/** 0 to 1; 0 where there are no logs. */
export function errorRate(counts: LevelCounts): number {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return total === 0 ? 0 : errorsOf(counts) / total
}

/** A point for each bar that has logs: without them there is no share. */
export function errorRateChart(bars: readonly Bar[], barMs: number, interval: Interval): Timechart {
  const values = new Map(
    bars
      .filter(bar => barTotal(bar) > 0)
      .map(bar => [bar.timeMs, errorsOf(bar.counts) / barTotal(bar)]),
  )
  return {
    interval,
    barMs,
    measure: 'errors',
    isStacked: false,
    series: [{ name: 'ERROR', values }],
    left: 0,
    max: Math.max(0, ...values.values()),
  }
}

/** `0.4 %`, `12 %`. */
export function percentText(share: number): string {
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.01) return '<0.01 %'
  const digits = percent < 1 ? 2 : percent < 10 ? 1 : 0
  return `${percent.toFixed(digits)} %`
}
