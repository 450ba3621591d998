/** What the rule of an active alert said of late: as a chart, and kept for a minute. */
import { type AlertSeries, alertSeries } from '../api/alerts.ts'
import type { Timechart } from '../charts/timechart-model.ts'
import { timeMs } from '../kit/wall-time.ts'
import { boundsOf } from './preview-model.ts'

/** Lists are asked for much more often, and nobody sees a minute of four windows. */
const KEPT_MS = 60_000
const KEPT_MAX = 200

interface Kept {
  readonly atMs: number
  /** null = it has none, or was not to be had. */
  series: AlertSeries | null
  readonly asked: Promise<AlertSeries | null>
}

export class SeriesCache {
  readonly #kept = new Map<string, Kept>()
  readonly #ask: typeof alertSeries

  constructor(ask: typeof alertSeries) {
    this.#ask = ask
  }

  /** What was told last, however long ago. */
  known(project: string, id: number): AlertSeries | null {
    return this.#kept.get(`${project} ${id}`)?.series ?? null
  }

  /** Asks at most once a minute. */
  asked(project: string, id: number, nowMs: number): Promise<AlertSeries | null> {
    const key = `${project} ${id}`
    const before = this.#kept.get(key)
    if (before !== undefined && nowMs - before.atMs < KEPT_MS) return before.asked
    const asked = this.#ask(project, id).catch(() => null)
    const kept: Kept = { atMs: nowMs, series: before?.series ?? null, asked }
    void asked.then(series => {
      kept.series = series ?? kept.series
    })
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
    return asked
  }
}

/** Of this page. */
export const seriesCache = new SeriesCache(alertSeries)

/** null = it says nothing that could be drawn. */
export function seriesChart({
  of,
  start,
  step_s,
  values,
  threshold,
}: AlertSeries): Timechart | null {
  const barMs = step_s * 1000
  const fromMs = timeMs(start)
  const known = values.flatMap((value, at) =>
    value === null ? [] : [[fromMs + at * barMs, value] as const],
  )
  if (known.length < 2) return null
  const levels = threshold === null ? [] : [threshold]
  const measure = of ?? 'logs that match'
  return {
    interval: { fromMs, toMs: fromMs + values.length * barMs },
    barMs,
    measure,
    isStacked: false,
    series: [{ name: measure, values: new Map(known) }],
    left: 0,
    ...boundsOf([...known.map(([, value]) => value), ...levels]),
  }
}
