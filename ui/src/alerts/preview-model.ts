/** What a rule would have said, as a chart and as firings with beginning and end. */
import { type AlertRule, printAggregate, slideOf } from '#proto/alert-rule.ts'
import type { AlertGroup, BacktestChange, Preview, PreviewPoint } from '../api/alerts.ts'
import { SERIES_MAX, type Series, type Timechart } from '../charts/timechart-model.ts'
import { timeMs } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'

/** The server tells about so many points. */
const POINTS = 120
const HEADROOM = 1.08

type Point = Pick<PreviewPoint, 'time' | 'value'>
type Band = readonly { readonly name: string; readonly points: readonly Point[] }[]

export interface Firing {
  readonly group: AlertGroup
  readonly fromMs: number
  /** null = it fired at the end still. */
  readonly toMs: number | null
  readonly value: number | null
}

/** One line a group; what fired and what is largest first. */
export function previewChart(preview: Preview, rule: AlertRule, measure: string): Timechart {
  const startMs = timeMs(preview.start_time)
  const endMs = Math.max(timeMs(preview.end_time), startMs + 1000)
  const barMs = Math.max(Math.ceil((endMs - startMs) / POINTS / 1000), slideOf(rule.windowS)) * 1000
  const grid = (ms: number): number => Math.floor(ms / barMs) * barMs
  const fired = new Set(preview.changes.filter(isFiring).map(({ group }) => nameOf(group)))
  const line = (name: string, points: readonly Point[]): Series => {
    const values = new Map<number, number>()
    for (const { time, value } of points) if (value !== null) values.set(grid(timeMs(time)), value)
    return { name, values }
  }
  const band = bandOf(preview, rule)
  const lines = band ?? preview.series.map(({ group, points }) => ({ name: nameOf(group), points }))
  const all = lines.map(({ name, points }) => line(name, points))
  const rank = ({ name, values }: Series): number =>
    fired.has(name) ? Number.POSITIVE_INFINITY : Math.max(0, ...values.values())
  const series = all.toSorted((a, b) => compare(rank(b), rank(a))).slice(0, SERIES_MAX)
  const levels =
    band === null ? [rule.condition?.threshold, rule.resolve ?? undefined].filter(isNumber) : []
  const shown = [...series.flatMap(({ values }) => [...values.values()]), ...levels]
  return {
    interval: { fromMs: grid(startMs), toMs: grid(endMs) + barMs },
    barMs,
    measure,
    isStacked: false,
    series,
    left: all.length - series.length,
    ...boundsOf(shown),
  }
}

/** From 0, or what is below, to a little above the largest. */
export function boundsOf(shown: readonly number[]): Required<Pick<Timechart, 'max' | 'min'>> {
  return {
    max: roundUp(Math.max(0, ...shown) * HEADROOM) || 1,
    min: -roundUp(-Math.min(0, ...shown) * HEADROOM),
  }
}

/**
 * Of an anomaly without groups: what was measured, what is usual, and where it fires; null = it is
 * none, or has several groups, whose scores can be compared and whose values cannot.
 */
export function bandOf({ series }: Preview, { aggregate, condition }: AlertRule): Band | null {
  const [only] = series
  if (!('of' in aggregate) || only === undefined || series.length > 1) return null
  const threshold = condition?.threshold ?? 0
  const { points } = only
  const of = (value: (point: PreviewPoint) => number | null | undefined): Point[] =>
    points.map(point => ({ time: point.time, value: value(point) ?? null }))
  return [
    { name: printAggregate(aggregate.of), points: of(({ measured }) => measured) },
    { name: 'usual', points: of(({ usual }) => usual) },
    {
      name: 'fires at',
      points: of(({ usual, spread }) =>
        usual === undefined || spread === undefined ? null : usual + threshold * spread,
      ),
    },
  ]
}

/** In the order of their beginning. */
export function firingsOf(changes: readonly BacktestChange[]): readonly Firing[] {
  const open = new Map<string, number>()
  const firings: Firing[] = []
  for (const change of changes) {
    const name = nameOf(change.group)
    const at = open.get(name)
    if (change.from === 'firing' && at !== undefined) {
      const firing = firings[at]
      if (firing !== undefined) firings[at] = { ...firing, toMs: timeMs(change.at) }
      open.delete(name)
    }
    if (!isFiring(change)) continue
    open.set(name, firings.length)
    const { group, value, at: began } = change
    firings.push({ group, fromMs: timeMs(began), toMs: null, value })
  }
  return firings
}

/** When anything fired: spans that touch are one. */
export function firingSpans(firings: readonly Firing[], endMs: number): readonly Interval[] {
  const spans: Interval[] = []
  for (const { fromMs, toMs } of firings.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = spans.at(-1)
    const end = toMs ?? endMs
    if (last === undefined || fromMs > last.toMs) spans.push({ fromMs, toMs: end })
    else spans[spans.length - 1] = { ...last, toMs: Math.max(last.toMs, end) }
  }
  return spans
}

/** `fired 3 times in 2 groups`. */
export function firingsText(firings: readonly Firing[]): string {
  if (firings.length === 0) return 'would not have fired'
  const times = firings.length === 1 ? 'once' : `${firings.length} times`
  const groups = new Set(firings.map(({ group }) => nameOf(group))).size
  return `would have fired ${times}${groups > 1 ? ` in ${groups} groups` : ''}`
}

/** `2 notifications`: of a channel that is told as it comes. */
export function notificationsText(count: number): string {
  return count === 1 ? '1 notification' : `${count} notifications`
}

/** To two digits: it stands at the edge of the chart. */
function roundUp(value: number): number {
  if (value <= 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Number((Math.ceil(value / unit) * unit).toPrecision(2))
}

function isFiring({ from, to }: BacktestChange): boolean {
  return to === 'firing' && from !== 'firing'
}

function nameOf(group: AlertGroup): string {
  return Object.values(group)
    .map(value => value ?? '–')
    .join(' · ')
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
