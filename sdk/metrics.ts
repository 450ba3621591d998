/**
 * Counters, gauges and histograms of an application. A call adds to a number in memory; once an
 * interval every series becomes one point, and the points of all series travel as a batch on the
 * way of the logs. Nothing here throws into the application.
 */
import { BatchBuilder, type BatchBuilderOptions } from '../proto/batch-builder.ts'
import { ROW_KINDS } from '../proto/columns.ts'
import {
  LABELS_MAX,
  labelFault,
  METRIC_UNIT_CHARS_MAX,
  type MetricPoint,
  type MetricType,
  nameFault,
  pointAttributes,
} from '../proto/metric.ts'
import type { SealedBatch } from './batch-queue.ts'
import type { Cancel, Clock } from './clock.ts'
import { type Labels, LabelTree } from './label-tree.ts'
import { MetricSeries, type SeriesHead } from './metric-series.ts'

export interface Counter {
  /** Adds a number from 0 on; 1 unless given. */
  add(value?: number, labels?: Labels): void
}

export interface Gauge {
  set(value: number, labels?: Labels): void
}

export interface Histogram {
  /** Takes a number from 0 on. */
  record(value: number, labels?: Labels): void
}

export interface InstrumentOptions {
  /** As people read it: `ms`, `By`, `orders`. */
  readonly unit?: string
}

/** The same name gives the same instrument. */
export interface Metrics {
  /** What only grows: requests, bytes, errors. */
  counter(name: string, options?: InstrumentOptions): Counter
  /** What goes up and down: a queue's length, a temperature. */
  gauge(name: string, options?: InstrumentOptions): Gauge
  /** What has a distribution: durations, sizes. */
  histogram(name: string, options?: InstrumentOptions): Histogram
}

export interface MetricStats {
  /** Combinations of a metric and labels that are kept at present. */
  readonly series: number
  /** Points handed over to be sent. */
  readonly points: number
  /** Values that became part of no point: too many series, wrong values, after `close`. */
  readonly dropped: number
}

export interface MetricsDeps {
  readonly clock: Clock
  readonly batch: BatchBuilderOptions
  readonly service: string
  readonly host: string
  readonly intervalMs: number
  readonly seriesMax: number
  /** Whether points may take memory now. */
  readonly hasRoom: () => boolean
  readonly push: (batch: SealedBatch) => void
  readonly trouble: (message: string) => void
}

/** A series of a counter or histogram that is idle for so many intervals gives up its place. */
const IDLE_INTERVALS_MAX = 30
/** Labels in several orders, and numbers beside their texts, make more nodes than series. */
const NODES_PER_SERIES = 4
/** Of an INFO record: nobody looks for a level in the name of a metric. */
const SEVERITY = 9

export class MetricRegistry implements Metrics {
  private readonly deps: MetricsDeps
  private readonly instruments = new Map<string, Instrument>()
  private readonly series = new Map<string, MetricSeries>()
  private builder: BatchBuilder | null = null
  private cancelNext: Cancel | null = null
  private beganMs = 0
  private points = 0
  private dropped = 0
  private isClosed = false

  constructor(deps: MetricsDeps) {
    this.deps = deps
  }

  counter(name: string, options?: InstrumentOptions): Counter {
    return this.instrument('counter', name, options)
  }

  gauge(name: string, options?: InstrumentOptions): Gauge {
    return this.instrument('gauge', name, options)
  }

  histogram(name: string, options?: InstrumentOptions): Histogram {
    return this.instrument('histogram', name, options)
  }

  /** Something was measured that is not handed over yet. */
  get isPending(): boolean {
    for (const series of this.series.values()) if (series.isTouched) return true
    return false
  }

  stats(): MetricStats {
    const { points, dropped } = this
    return { series: this.series.size, points, dropped }
  }

  /** Hands over a point of every series; without room they go on gathering. */
  collect(): void {
    const { clock, hasRoom } = this.deps
    if (this.series.size === 0 || !hasRoom()) return
    const nowMs = clock.monotonicMs()
    const intervalMs = Math.round(nowMs - this.beganMs)
    this.beganMs = nowMs
    const timeUs = clock.nowUs()
    for (const [key, series] of this.series) {
      const point = series.point(intervalMs)
      if (point !== null) this.write(series, point, timeUs)
      else if (series.idleIntervals >= IDLE_INTERVALS_MAX) this.forget(key, series)
    }
    this.seal()
  }

  /** Takes no more values. What is there is handed over. */
  close(): void {
    this.collect()
    this.isClosed = true
    for (const series of this.series.values()) if (series.isTouched) this.dropped++
    this.series.clear()
    for (const instrument of this.instruments.values()) instrument.forget()
    this.cancelNext?.()
    this.cancelNext = null
  }

  /** The series of labels; null = there cannot be one, which is counted and told. */
  open(head: SeriesHead, labels: Labels | undefined): MetricSeries | null {
    if (this.isClosed) return this.refuse(null)
    const pairs = Object.entries(labels ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([key, value]): [string, string] => [key, String(value)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const fault = labelsFault(labels ?? {}, pairs)
    if (fault !== null) return this.refuse(`metric ${head.name}: ${fault}`)
    const key = JSON.stringify([head.name, ...pairs])
    const known = this.series.get(key)
    if (known !== undefined) return known
    const { seriesMax } = this.deps
    if (this.series.size >= seriesMax) {
      return this.refuse(
        `metric ${head.name}: more than ${seriesMax} series, further ones are left out`,
      )
    }
    if (this.series.size === 0) this.beganMs = this.deps.clock.monotonicMs()
    const series = new MetricSeries(head, pairs)
    this.series.set(key, series)
    this.collectLater()
    return series
  }

  /** Counts a value that cannot be taken, and tells why. */
  refuse(reason: string | null): null {
    this.dropped++
    if (reason !== null) this.deps.trouble(reason)
    return null
  }

  private instrument(type: MetricType, name: string, options?: InstrumentOptions): Instrument {
    const known = this.instruments.get(name)
    if (known?.type === type) return known
    const fault = this.instrumentFault(name, known)
    if (fault !== null) this.deps.trouble(fault)
    const unit = String(options?.unit ?? '').slice(0, METRIC_UNIT_CHARS_MAX)
    const { seriesMax } = this.deps
    const nodesMax = NODES_PER_SERIES * seriesMax
    const made = new Instrument({ name, type, unit }, { registry: this, fault, nodesMax })
    if (fault === null) this.instruments.set(name, made)
    return made
  }

  private instrumentFault(name: unknown, known: Instrument | undefined): string | null {
    if (typeof name !== 'string') return `the name of a metric is a ${typeof name}`
    if (known !== undefined) return `metric ${name} is a ${known.type}`
    const { seriesMax } = this.deps
    return this.instruments.size < seriesMax ? nameFault(name) : `more than ${seriesMax} metrics`
  }

  private collectLater(): void {
    const { clock, intervalMs } = this.deps
    this.cancelNext ??= clock.after(intervalMs, () => {
      this.cancelNext = null
      this.collect()
      if (this.series.size > 0) this.collectLater()
    })
  }

  private forget(key: string, { head }: MetricSeries): void {
    this.series.delete(key)
    this.instruments.get(head.name)?.forget()
  }

  private write({ head, labels }: MetricSeries, point: MetricPoint, timeUs: number): void {
    const { service, host, batch } = this.deps
    this.builder ??= new BatchBuilder({ ...batch, kind: ROW_KINDS.metric })
    if (this.builder.isFull) this.seal()
    const reason = this.builder.append({
      timeUs,
      severity: SEVERITY,
      service,
      host,
      file: '',
      message: head.name,
      attributes: [...labels, ...Object.entries(pointAttributes(point))],
    })
    if (reason === null) this.points++
    else this.refuse(`metric ${head.name}: ${reason}`)
  }

  private seal(): void {
    const { builder } = this
    while (builder !== null && builder.count > 0) {
      const before = builder.count
      const bytes = builder.seal()
      this.deps.push({ bytes, records: before - builder.count })
    }
  }
}

interface Owner {
  readonly registry: MetricRegistry
  /** Why it can measure nothing; null = it can. */
  readonly fault: string | null
  readonly nodesMax: number
}

/** Each of the three interfaces is a part of it. */
class Instrument implements Counter, Gauge, Histogram {
  private readonly head: SeriesHead
  private readonly owner: Owner
  private readonly tree: LabelTree<MetricSeries>

  constructor(head: SeriesHead, owner: Owner) {
    this.head = head
    this.owner = owner
    this.tree = new LabelTree(owner.nodesMax)
  }

  get type(): MetricType {
    return this.head.type
  }

  add(value = 1, labels?: Labels): void {
    if (this.isFrom0(value)) this.find(labels)?.add(value)
  }

  set(value: number, labels?: Labels): void {
    if (Number.isFinite(value)) this.find(labels)?.set(value)
    else this.refuse(value)
  }

  record(value: number, labels?: Labels): void {
    if (this.isFrom0(value)) this.find(labels)?.record(value)
  }

  /** A series is gone; the others are found again by their labels. */
  forget(): void {
    this.tree.clear()
  }

  private isFrom0(value: number): boolean {
    if (Number.isFinite(value) && value >= 0) return true
    this.refuse(value)
    return false
  }

  private find(labels: Labels | undefined): MetricSeries | null {
    try {
      return this.tree.find(labels) ?? this.open(labels)
    } catch (error) {
      return this.owner.registry.refuse(`metric ${this.head.name}: ${String(error)}`)
    }
  }

  private open(labels: Labels | undefined): MetricSeries | null {
    const { registry, fault } = this.owner
    if (fault !== null) return registry.refuse(null)
    const series = registry.open(this.head, labels)
    if (series !== null) this.tree.put(labels, series)
    return series
  }

  private refuse(value: unknown): void {
    const range = this.type === 'gauge' ? 'a number' : 'a number from 0 on'
    const told = typeof value === 'number' ? value : `a ${typeof value}`
    this.owner.registry.refuse(`metric ${this.head.name}: ${told} is not ${range}`)
  }
}

function labelsFault(
  labels: Labels,
  pairs: readonly (readonly [key: string, value: string])[],
): string | null {
  if (pairs.length > LABELS_MAX) return `${pairs.length} labels, at most ${LABELS_MAX} are taken`
  for (const [key, value] of pairs) {
    const given: unknown = labels[key]
    const isWord =
      typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean'
    const fault = isWord ? labelFault(key, value) : `label ${key} is no text, number or boolean`
    if (fault !== null) return fault
  }
  return null
}
