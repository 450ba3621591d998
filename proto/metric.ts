/**
 * What a metric is, for SDK, door and query alike. A point tells what happened to one series (a
 * name, a service, a host and labels) in one interval, which ends at the point's time. It travels
 * and rests as a record of a LogBatch of kind 1: the message is the metric's name, attributes named
 * by POINT are its numbers, all other attributes are its labels.
 */
import { type Buckets, formatBuckets, parseBuckets } from './metric-buckets.ts'
import { isLongerThan } from './utf8.ts'

/** A counter tells how much came in the interval, a gauge what it showed, a histogram both. */
export const METRIC_TYPES = ['counter', 'gauge', 'histogram'] as const
export type MetricType = (typeof METRIC_TYPES)[number]

const PREFIX = 'metric.'
/** Names of the numbers of a point. */
export const POINT = {
  type: 'metric.type',
  unit: 'metric.unit',
  intervalMs: 'metric.interval_ms',
  value: 'metric.value',
  count: 'metric.count',
  sum: 'metric.sum',
  min: 'metric.min',
  max: 'metric.max',
  buckets: 'metric.buckets',
} as const

export const METRIC_NAME_CHARS_MAX = 255
export const METRIC_UNIT_CHARS_MAX = 63
/** Each is a dimension of the number of series. */
export const LABELS_MAX = 16
export const LABEL_KEY_BYTES_MAX = 128
/** A label is a word, not a text. */
export const LABEL_VALUE_BYTES_MAX = 256

/** What a series measured in an interval. */
export interface Measured {
  /** Counter: the increase. Gauge: the last value. Histogram: 0. */
  readonly value: number
  /** Gauge and histogram: how many values, their sum and range. Counter: 0 each. */
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly buckets: Buckets
}

export interface MetricPoint extends Measured {
  readonly type: MetricType
  readonly unit: string
  readonly intervalMs: number
}

/** Why it is no name of a metric; null = it is one. */
export function nameFault(name: string): string | null {
  if (/^[a-z_][\w.:/-]*$/i.test(name) && name.length <= METRIC_NAME_CHARS_MAX) return null
  const rule = `up to ${METRIC_NAME_CHARS_MAX} of letters, digits and _ . : / -, a letter or _ first`
  return `${quoted(name)} is no name of a metric: ${rule}`
}

/** Why it cannot be a label; null = it can. */
export function labelFault(key: string, value: string): string | null {
  if (key === '' || isLongerThan(key, LABEL_KEY_BYTES_MAX)) {
    return `the key of a label is not 1 to ${LABEL_KEY_BYTES_MAX} bytes`
  }
  if (key.startsWith(PREFIX)) return `label ${key}: names that begin with ${PREFIX} are taken`
  if (key === 'service' || key === 'host') return `label ${key}: every point has one already`
  return isLongerThan(value, LABEL_VALUE_BYTES_MAX)
    ? `label ${key} is longer than ${LABEL_VALUE_BYTES_MAX} bytes`
    : null
}

export function isLabel(key: string): boolean {
  return !key.startsWith(PREFIX)
}

/** The attributes of a point, without its labels. */
export function pointAttributes(point: MetricPoint): Record<string, string | number> {
  const { type, unit, intervalMs, value, count, sum, min, max, buckets } = point
  const head = { [POINT.type]: type, [POINT.intervalMs]: intervalMs }
  const named = unit === '' ? head : { ...head, [POINT.unit]: unit }
  if (type === 'counter') return { ...named, [POINT.value]: value }
  const range = { [POINT.count]: count, [POINT.sum]: sum, [POINT.min]: min, [POINT.max]: max }
  return type === 'gauge'
    ? { ...named, ...range, [POINT.value]: value }
    : { ...named, ...range, [POINT.buckets]: formatBuckets(buckets) }
}

type Attributes = Readonly<Record<string, unknown>>

/** Reads what `pointAttributes` made, among other attributes; a text is the reason why not. */
export function readPoint(attributes: Attributes): MetricPoint | string {
  const type = METRIC_TYPES.find(known => known === attributes[POINT.type])
  if (type === undefined) return `${POINT.type} is none of ${METRIC_TYPES.join(', ')}`
  const unit = attributes[POINT.unit] ?? ''
  if (typeof unit !== 'string' || unit.length > METRIC_UNIT_CHARS_MAX) {
    return `${POINT.unit} is no text of up to ${METRIC_UNIT_CHARS_MAX} characters`
  }
  const measured = type === 'counter' ? readIncrease(attributes) : readValues(attributes, type)
  if (typeof measured === 'string') return measured
  const intervalMs = attributes[POINT.intervalMs]
  if (!isNumber(intervalMs) || intervalMs < 0) return `${POINT.intervalMs} is no number from 0 on`
  return { type, unit, intervalMs, ...measured }
}

const NOTHING: Measured = { value: 0, count: 0, sum: 0, min: 0, max: 0, buckets: new Map() }

function readIncrease(attributes: Attributes): Measured | string {
  const value = attributes[POINT.value]
  if (!isNumber(value) || value < 0) return `${POINT.value} of a counter is no number from 0 on`
  return { ...NOTHING, value }
}

function readValues(attributes: Attributes, type: 'gauge' | 'histogram'): Measured | string {
  const { count: countKey, sum: sumKey, min: minKey, max: maxKey } = POINT
  const count = attributes[countKey]
  if (!isNumber(count) || !Number.isSafeInteger(count) || count < 1) {
    return `${countKey} of a ${type} is no whole number from 1 on`
  }
  const [sum, min, max] = [attributes[sumKey], attributes[minKey], attributes[maxKey]]
  if (!isNumber(sum)) return `${sumKey} of a ${type} is no number`
  if (!isNumber(min) || !isNumber(max) || min > max) {
    return `${minKey} and ${maxKey} of a ${type} are no range of numbers`
  }
  if (type === 'gauge') {
    const value = attributes[POINT.value]
    if (!isNumber(value)) return `${POINT.value} of a gauge is no number`
    return { value, count, sum, min, max, buckets: NOTHING.buckets }
  }
  if (min < 0) return `${minKey} of a histogram is below 0`
  const text = attributes[POINT.buckets]
  const buckets = typeof text === 'string' ? parseBuckets(text) : null
  if (buckets === null) return `${POINT.buckets} is no list of INDEX:COUNT, ascending`
  let counted = 0
  for (const each of buckets.values()) counted += each
  if (counted !== count) return `${POINT.buckets} count ${counted}, ${countKey} is ${count}`
  return { value: 0, count, sum, min, max, buckets }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
