/** Bars of the histogram: from counts per level to shapes, ticks and the span under the pointer. */
import { type HistogramBar, LEVELS, type Level } from '#proto/api.ts'
import { clockText, dayText, startOfDay, timeMs, toWallTime, type Zone } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'

export interface Bar {
  readonly timeMs: number
  readonly counts: Readonly<Partial<Record<Level, number>>>
}

export interface Tick {
  readonly x: number
  readonly label: string
}

export interface HistogramScale {
  readonly interval: Interval
  readonly barMs: number
  readonly width: number
  readonly height: number
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map(count => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map(count => count * MINUTE),
  ...[1, 2, 3, 6, 12].map(count => count * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map(count => count * DAY),
]
/** A level that occurs must be seen, however rare it is. */
const SEGMENT_HEIGHT_MIN = 2
const BAR_GAP = 1

/** Width of a bar so that at most `barsMax` of them cover the span. */
export function chooseBarMs(spanMs: number, barsMax: number): number {
  return STEPS_MS.find(step => spanMs / step <= barsMax) ?? (STEPS_MS.at(-1) as number)
}

export function readBars(bars: readonly HistogramBar[]): Bar[] {
  return bars.map(({ time, counts }) => ({ timeMs: timeMs(time), counts }))
}

export function barTotal({ counts }: Bar): number {
  return LEVELS.reduce((sum, level) => sum + (counts[level] ?? 0), 0)
}

/**
 * One SVG path per level: far fewer nodes than one per bar, and colours stay with the style sheet.
 * Worst levels stand at the bottom, where their heights can be compared.
 */
export function levelPaths(
  bars: readonly Bar[],
  scale: HistogramScale,
  max = Math.max(1, maxTotal(bars)),
): Readonly<Record<Level, string>> {
  const paths: Record<Level, string> = {
    TRACE: '',
    DEBUG: '',
    INFO: '',
    WARN: '',
    ERROR: '',
    FATAL: '',
  }
  for (const bar of bars) {
    const left = Math.max(0, toX(bar.timeMs, scale))
    const right = Math.min(scale.width, toX(bar.timeMs + scale.barMs, scale))
    const width = right - left - (right - left > 3 ? BAR_GAP : 0)
    if (width <= 0) continue
    let bottom = scale.height
    for (const { level, height } of segments(bar, max, scale.height)) {
      paths[level] +=
        `M${round(left)} ${round(bottom)}h${round(width)}v${round(-height)}h${round(-width)}z`
      bottom -= height
    }
  }
  return paths
}

/** The upper edge of bars as one line of steps. */
export function outlinePath(bars: readonly Bar[], scale: HistogramScale, max: number): string {
  const { interval, barMs, width, height } = scale
  const totals = new Map(bars.map(bar => [bar.timeMs, barTotal(bar)]))
  const origin = bars[0]?.timeMs ?? 0
  let path = ''
  for (let ms = floorToGrid(interval.fromMs, barMs, origin); ms < interval.toMs; ms += barMs) {
    const y = round(height - ((totals.get(ms) ?? 0) / Math.max(1, max)) * height)
    const x = Math.max(0, toX(ms, scale))
    const end = Math.min(width, toX(ms + barMs, scale))
    path += `${path === '' ? 'M' : 'L'}${round(x)} ${y}H${round(end)}`
  }
  return path
}

/** Heights of one bar from the bottom up; tiny ones are raised at the cost of the largest. */
export function segments(
  bar: Bar,
  max: number,
  height: number,
): readonly { readonly level: Level; readonly height: number }[] {
  const present = LEVELS.filter(level => (bar.counts[level] ?? 0) > 0).reverse()
  const heights = present.map(level => {
    const exact = ((bar.counts[level] ?? 0) / max) * height
    return { level, height: Math.max(SEGMENT_HEIGHT_MIN, exact) }
  })
  const excess = heights.reduce((sum, part) => sum + part.height, 0) - height
  if (excess <= 0) return heights
  const largest = heights.reduce((a, b) => (b.height > a.height ? b : a))
  return heights.map(part =>
    part === largest
      ? { ...part, height: Math.max(SEGMENT_HEIGHT_MIN, part.height - excess) }
      : part,
  )
}

export function toX(ms: number, { interval, width }: HistogramScale): number {
  return ((ms - interval.fromMs) / (interval.toMs - interval.fromMs)) * width
}

export function toMs(x: number, { interval, width }: HistogramScale): number {
  const share = Math.min(1, Math.max(0, x / width))
  return interval.fromMs + share * (interval.toMs - interval.fromMs)
}

/** Start of the bar under `x`, on the grid that `bars` (or the epoch) give. */
export function barStartAt(x: number, bars: readonly Bar[], scale: HistogramScale): number {
  return floorToGrid(toMs(x, scale), scale.barMs, bars[0]?.timeMs ?? 0)
}

/** The span that a drag from `fromX` to `toX` selects: whole bars, so that counts stay what they were. */
export function brushed(
  fromX: number,
  toX: number,
  bars: readonly Bar[],
  scale: HistogramScale,
): Interval {
  const fromMs = barStartAt(Math.min(fromX, toX), bars, scale)
  const lastMs = barStartAt(Math.max(fromX, toX), bars, scale)
  return { fromMs, toMs: lastMs + scale.barMs }
}

/** The span widened to whole bars, so that the first and the last are as wide as the others. */
export function wholeBars(span: Interval, barMs: number, originMs: number): Interval {
  return {
    fromMs: floorToGrid(span.fromMs, barMs, originMs),
    toMs: floorToGrid(span.toMs - 1, barMs, originMs) + barMs,
  }
}

export function floorToGrid(ms: number, stepMs: number, originMs: number): number {
  return originMs + Math.floor((ms - originMs) / stepMs) * stepMs
}

/** Round moments with labels, about one per `spacing` pixels. */
export function timeTicks(scale: HistogramScale, zone: Zone, spacing = 96): readonly Tick[] {
  const { fromMs, toMs: endMs } = scale.interval
  const stepMs = chooseBarMs(endMs - fromMs, Math.max(2, Math.floor(scale.width / spacing)))
  const origin = startOfDay(fromMs, zone)
  const ticks: Tick[] = []
  for (let ms = floorToGrid(fromMs, stepMs, origin); ms < endMs; ms += stepMs) {
    const x = toX(ms, scale)
    if (x >= 0 && x <= scale.width - 24) ticks.push({ x, label: tickLabel(ms, stepMs, zone) })
  }
  return ticks
}

/** The largest count, rounded up to something to read. */
export function maxTotal(bars: readonly Bar[]): number {
  return bars.reduce((max, bar) => Math.max(max, barTotal(bar)), 0)
}

function tickLabel(ms: number, stepMs: number, zone: Zone): string {
  const { hour, minute, second } = toWallTime(ms, zone)
  if (stepMs >= DAY || (hour === 0 && minute === 0 && second === 0)) return dayText(ms, zone)
  return clockText(ms, zone).slice(0, stepMs < MINUTE ? 8 : 5)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
