/** A number over time, by group: from the table of an analysis to series and their paths. */
import type { Json, Table } from '#proto/api.ts'
import { timeMs } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'

/** More series than this cannot be told apart by colour. */
export const SERIES_MAX = 8

export interface Series {
  /** Values of the group; '' where all logs are one. */
  readonly name: string
  /** By start of the bar, in ms. */
  readonly values: ReadonlyMap<number, number>
}

export interface Timechart {
  readonly interval: Interval
  readonly barMs: number
  /** Name of the column that is drawn. */
  readonly measure: string
  /** Amounts are stacked; averages and percentiles side by side would add up to nothing. */
  readonly isStacked: boolean
  /** Largest first. */
  readonly series: readonly Series[]
  /** Series that are not drawn. */
  readonly left: number
  readonly max: number
  /** Of lines that go below zero. */
  readonly min?: number
}

/** null = no chart: the first column is no time, or there is no number. */
export function timechartOf(
  { columns, rows }: Table,
  form: 'line' | 'bar' | 'table' | null = null,
): Timechart | null {
  const measureAt = columns.findIndex(({ type }) => type === 'number')
  if (columns[0]?.type !== 'time' || measureAt < 0 || rows.length === 0) return null
  const groupAt = columns.flatMap(({ type }, i) => (type === 'text' || type === 'level' ? [i] : []))
  const byName = new Map<string, Map<number, number>>()
  const times = new Set<number>()
  for (const row of rows) {
    const [time] = row
    if (typeof time !== 'string') continue
    const ms = timeMs(time)
    times.add(ms)
    const value = row[measureAt]
    if (typeof value !== 'number') continue
    const name = groupAt.map(i => textOf(row[i])).join(' · ')
    byName.set(name, (byName.get(name) ?? new Map<number, number>()).set(ms, value))
  }
  const all = [...byName].map(([name, values]): Series => ({ name, values }))
  const series = all.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, SERIES_MAX)
  const measure = columns[measureAt]?.name ?? ''
  const isAmount = measure === 'count' || measure.startsWith('sum(')
  const isStacked = form === 'line' ? false : form === 'bar' || isAmount
  const sorted = [...times].toSorted((a, b) => a - b)
  const barMs = smallestStep(sorted)
  const [first = 0] = sorted
  return {
    interval: { fromMs: first, toMs: (sorted.at(-1) ?? first) + barMs },
    barMs,
    measure,
    isStacked,
    series,
    left: all.length - series.length,
    max: Math.max(0, ...sorted.map(ms => heightAt(series, ms, isStacked))),
  }
}

function textOf(cell: Json | undefined): string {
  if (cell === null || cell === undefined) return '–'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

function weightOf({ values }: Series): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0)
}

const ALONE_MS = 60_000

function smallestStep(sorted: readonly number[]): number {
  const steps = sorted.slice(1).map((ms, i) => ms - (sorted[i] ?? ms))
  return steps.length === 0 ? ALONE_MS : Math.min(...steps)
}

function heightAt(series: readonly Series[], ms: number, isStacked: boolean): number {
  const values = series.map(each => each.values.get(ms) ?? 0)
  return isStacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
}

export interface ChartSize {
  readonly width: number
  readonly height: number
}

/** One SVG path a series: stacked bars, or a line with a gap where there is no value. */
export function seriesPaths(chart: Timechart, { width, height }: ChartSize): readonly string[] {
  const { interval, barMs, series, isStacked } = chart
  const scale = width / Math.max(1, interval.toMs - interval.fromMs)
  const x = (ms: number): number => (ms - interval.fromMs) * scale
  const y = (value: number): number => valueY(chart, height, value)
  if (!isStacked)
    return series.map(each => linePath(each, { x: ms => x(ms + barMs / 2), y, barMs }))
  const bottoms = new Map<number, number>()
  const gap = barMs * scale > 3 ? 1 : 0
  return series.map(({ values }) => {
    let path = ''
    for (const [ms, value] of values) {
      const bottom = bottoms.get(ms) ?? 0
      bottoms.set(ms, bottom + value)
      const [low, high] = [y(bottom), y(bottom + value)]
      const wide = Math.max(1, barMs * scale - gap)
      path += `M${round(x(ms))} ${round(low)}h${round(wide)}V${round(high)}h${round(-wide)}z`
    }
    return path
  })
}

/** How far from the top a value is drawn. */
export function valueY({ max, min = 0 }: Timechart, height: number, value: number): number {
  const span = max > min ? max - min : 1
  return height - (Math.max(0, value - min) / span) * (height - 2)
}

interface LineScale {
  readonly x: (ms: number) => number
  readonly y: (value: number) => number
  readonly barMs: number
}

function linePath({ values }: Series, { x, y, barMs }: LineScale): string {
  let last = Number.NaN
  let path = ''
  for (const [ms, value] of [...values].toSorted(([a], [b]) => a - b)) {
    const isNext = ms - last <= barMs
    // A value of its own is seen as a point.
    path += `${isNext ? 'L' : 'M'}${round(x(ms))} ${round(y(value))}${isNext ? '' : 'h.01'}`
    last = ms
  }
  return path
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
