/** What one series gathers between two points. */
import type { MetricPoint, MetricType } from '../proto/metric.ts'
import { type Buckets, bucketOf } from '../proto/metric-buckets.ts'

/** What all series of an instrument have in common. */
export interface SeriesHead {
  readonly name: string
  readonly type: MetricType
  readonly unit: string
}

export class MetricSeries {
  readonly head: SeriesHead
  /** Ascending by key. */
  readonly labels: readonly (readonly [key: string, value: string])[]
  /** Intervals that passed without a value. */
  idleIntervals = 0
  private value = 0
  private count = 0
  private sum = 0
  private min = Number.POSITIVE_INFINITY
  private max = Number.NEGATIVE_INFINITY
  private buckets: Buckets = new Map()

  constructor(head: SeriesHead, labels: MetricSeries['labels']) {
    this.head = head
    this.labels = labels
  }

  /** Something was measured that no point tells yet. */
  get isTouched(): boolean {
    return this.count > 0
  }

  add(value: number): void {
    this.value += value
    this.count++
  }

  set(value: number): void {
    this.value = value
    this.take(value)
  }

  record(value: number): void {
    const bucket = bucketOf(value)
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1)
    this.take(value)
  }

  /** The point of the interval, and begins the next; null = there is nothing to tell. */
  point(intervalMs: number): MetricPoint | null {
    const { head, value, buckets } = this
    const { type, unit } = head
    if (!this.isTouched) {
      this.idleIntervals++
      // What a gauge showed it goes on showing.
      if (type === 'gauge') this.take(value)
      else return null
    } else this.idleIntervals = 0
    const { count, sum, min, max } = this
    this.value = type === 'gauge' ? value : 0
    this.count = 0
    this.sum = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = Number.NEGATIVE_INFINITY
    if (type === 'histogram') this.buckets = new Map()
    return { type, unit, intervalMs, value, count, sum, min, max, buckets }
  }

  private take(value: number): void {
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }
}
