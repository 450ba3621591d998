/**
 * Points of one metric put together: by some labels, in steps of time, as one number each. Counts,
 * sums and buckets add up over series and time, so that an average or a quantile is that of all
 * values, never an average of averages.
 */
import { HttpProblem } from '#actors/http/problem.ts'
import type { Row } from '#proto/api.ts'
import { type MetricPoint, type MetricType, readPoint } from '#proto/metric.ts'
import { addBuckets, type Buckets, quantileOf } from '#proto/metric-buckets.ts'
import { formatTime } from '#proto/time.ts'

export interface TableWish {
  readonly name: string
  readonly fn: string
  /** Exact values of labels, `service` and `host` included. */
  readonly labels: Readonly<Record<string, string>>
  readonly by: readonly string[]
  /** Whole steps, [start, end). */
  readonly startUs: number
  readonly endUs: number
  readonly stepUs: number
}

export interface TableSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly { readonly time: string; readonly value: number }[]
}

/** `p95`, `p99.9`. */
export const QUANTILE = /^p([1-9]\d?(?:\.\d{1,2})?)$/
const FUNCTIONS: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['rate', 'increase'],
  gauge: ['avg', 'min', 'max', 'last'],
  histogram: ['rate', 'increase', 'avg', 'min', 'max', 'p1 to p99.99'],
}
/** Of a step without points: nothing came. */
const ZERO_FILLED = ['rate', 'increase']
/** Numbers in one answer. */
export const NUMBERS_MAX = 100_000
const SECOND_US = 1_000_000

interface Group {
  readonly labels: Readonly<Record<string, string>>
  /** By number of the step. */
  readonly cells: Map<number, Cell>
}

export class MetricTable {
  readonly #wish: TableWish
  readonly #steps: number
  readonly #groups = new Map<string, Group>()
  #head: Pick<MetricPoint, 'type' | 'unit'> | null = null

  constructor(wish: TableWish) {
    this.#wish = wish
    this.#steps = Math.round((wish.endUs - wish.startUs) / wish.stepUs)
  }

  /** Of the newest point; null = there was none. */
  get head(): Pick<MetricPoint, 'type' | 'unit'> | null {
    return this.#head
  }

  /** Takes a point; rows of other metrics or labels are passed over. Newest first. */
  add(row: Row): void {
    const { name, labels, startUs, stepUs } = this.#wish
    if (row.message !== name) return
    for (const key in labels) if (labelOf(row, key) !== labels[key]) return
    const step = Math.floor((Date.parse(row.time) * 1_000 - startUs) / stepUs)
    const point = readPoint(row.attributes)
    if (typeof point === 'string' || step < 0 || step >= this.#steps) return
    this.#head ??= this.#checked(point)
    if (point.type !== this.#head.type) throw twoTypes(name, point.type, this.#head.type)
    const { cells } = this.#groupOf(row)
    const cell = cells.get(step)
    if (cell === undefined) cells.set(step, new Cell(point))
    else cell.add(point)
  }

  /** In order of their labels; points in order of time. */
  series(): TableSeries[] {
    const { startUs, stepUs, fn } = this.#wish
    const isFilled = ZERO_FILLED.includes(fn)
    const keys = [...this.#groups.keys()].sort()
    return keys.map(key => {
      const { labels, cells } = this.#groups.get(key) as Group
      const points = []
      for (let step = 0; step < this.#steps; step++) {
        const cell = cells.get(step)
        const value = cell === undefined ? null : cell.value(fn, stepUs)
        if (value === null && !isFilled) continue
        points.push({ time: formatTime(startUs + step * stepUs), value: value ?? 0 })
      }
      return { labels, points }
    })
  }

  #groupOf(row: Row): Group {
    const labels = Object.fromEntries(this.#wish.by.map(key => [key, labelOf(row, key)]))
    const key = JSON.stringify(Object.values(labels))
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group = { labels, cells: new Map<number, Cell>() }
    this.#groups.set(key, group)
    if (this.#groups.size * this.#steps > NUMBERS_MAX) {
      const advice = 'take a wider step, a narrower range, or fewer labels to tell apart'
      const detail = `more than ${NUMBERS_MAX} numbers would be answered: ${advice}`
      throw new HttpProblem('LOGBOY_QUERY_TOO_DEAR', detail)
    }
    return group
  }

  #checked(point: MetricPoint): MetricPoint {
    const { name, fn } = this.#wish
    const known = FUNCTIONS[point.type]
    const isQuantile = point.type === 'histogram' && QUANTILE.test(fn)
    if (isQuantile || known.includes(fn)) return point
    const detail = `function: ${name} is a ${point.type}, which has ${known.join(', ')}, not ${fn}`
    throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
  }
}

/** All points of one group in one step. */
class Cell {
  readonly #last: MetricPoint
  #value: number
  #count: number
  #sum: number
  #min: number
  #max: number
  readonly #buckets: Buckets

  constructor(point: MetricPoint) {
    this.#last = point
    this.#value = point.value
    this.#count = point.count
    this.#sum = point.sum
    this.#min = point.min
    this.#max = point.max
    this.#buckets = new Map(point.buckets)
  }

  add({ value, count, sum, min, max, buckets }: MetricPoint): void {
    this.#value += value
    this.#count += count
    this.#sum += sum
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
    addBuckets(this.#buckets, buckets)
  }

  value(fn: string, stepUs: number): number | null {
    switch (fn) {
      case 'increase':
        return this.#increase()
      case 'rate':
        return this.#increase() / (stepUs / SECOND_US)
      case 'avg':
        return this.#sum / this.#count
      case 'min':
        return this.#min
      case 'max':
        return this.#max
      case 'last':
        return this.#last.value
      default: {
        const q = Number(QUANTILE.exec(fn)?.[1]) / 100
        return quantileOf(this.#buckets, q, { min: this.#min, max: this.#max })
      }
    }
  }

  #increase(): number {
    return this.#last.type === 'counter' ? this.#value : this.#count
  }
}

/** '' = the point has no such label. */
function labelOf(row: Row, key: string): string {
  if (key === 'service') return row.service
  if (key === 'host') return row.host
  const value = Object.hasOwn(row.attributes, key) ? row.attributes[key] : ''
  return typeof value === 'string' ? value : ''
}

function twoTypes(name: string, one: MetricType, other: MetricType): HttpProblem {
  const advice = 'name a service or a label that has one of them'
  const detail = `name: ${name} is a ${one} and a ${other}; ${advice}`
  return new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}
