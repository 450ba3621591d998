/**
 * Points of one metric put together by some labels and steps of time, on whichever thread. Counts,
 * sums and buckets add up over series and time, so that an average or a quantile is that of all
 * values, never an average of averages.
 */
import type { Row } from '#proto/api.ts'
import { type MetricPoint, readPoint } from '#proto/metric.ts'
import { addBuckets } from '#proto/metric-buckets.ts'

export interface CellsWish {
  readonly name: string
  /** Exact values of labels, `service` and `host` included. */
  readonly labels: Readonly<Record<string, string>>
  readonly by: readonly string[]
  /** Whole steps, [start, end). */
  readonly startUs: number
  readonly endUs: number
  readonly stepUs: number
}

/** All points of one type, group and step; as a point it has the last one's value beside `last`. */
export interface MetricCell extends Omit<MetricPoint, 'intervalMs'> {
  /** Values of the labels that are told apart; '' = the points have none of that name. */
  readonly by: readonly string[]
  readonly step: number
  /** Of the newest point; `value` is the sum of all. */
  readonly last: number
}

/** `rows` are JSON text, newest first, and so are the cells; rows of other metrics are passed over. */
export function cellsOf(rows: readonly string[], wish: CellsWish): MetricCell[] {
  const cells = new Map<string, MetricCell>()
  for (const text of rows) {
    const row = JSON.parse(text) as Row
    const cell = cellOf(row, wish)
    if (cell === null) continue
    const key = JSON.stringify([cell.step, cell.type, cell.by])
    const known = cells.get(key)
    cells.set(key, known === undefined ? cell : added(known, cell))
  }
  return [...cells.values()]
}

function cellOf(
  row: Row,
  { name, labels, by, startUs, endUs, stepUs }: CellsWish,
): MetricCell | null {
  if (row.message !== name) return null
  for (const key in labels) if (labelOf(row, key) !== labels[key]) return null
  const timeUs = Date.parse(row.time) * 1_000
  if (timeUs < startUs || timeUs >= endUs) return null
  const point = readPoint(row.attributes)
  if (typeof point === 'string') return null
  const { intervalMs: _, ...measured } = point
  return {
    ...measured,
    by: by.map(key => labelOf(row, key)),
    step: Math.floor((timeUs - startUs) / stepUs),
    last: point.value,
  }
}

/** A cell of the same type, group and step added to a newer one. */
export function added(newer: MetricCell, older: MetricCell): MetricCell {
  const buckets = new Map(newer.buckets)
  addBuckets(buckets, older.buckets)
  return {
    ...newer,
    value: newer.value + older.value,
    count: newer.count + older.count,
    sum: newer.sum + older.sum,
    min: Math.min(newer.min, older.min),
    max: Math.max(newer.max, older.max),
    buckets,
  }
}

function labelOf(row: Row, key: string): string {
  if (key === 'service') return row.service
  if (key === 'host') return row.host
  const value = Object.hasOwn(row.attributes, key) ? row.attributes[key] : ''
  return typeof value === 'string' ? value : ''
}
