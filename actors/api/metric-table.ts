/** The answer to a question about a metric: cells as one number each, by label and step. */
import { HttpProblem } from '#actors/http/problem.ts'
import type { MetricType } from '#proto/metric.ts'
import { quantileOf } from '#proto/metric-buckets.ts'
import { formatTime } from '#proto/time.ts'
import { added, type CellsWish, type MetricCell } from './metric-cells.ts'

export interface TableWish extends CellsWish {
  readonly fn: string
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
  readonly cells: Map<number, MetricCell>
}

export class MetricTable {
  readonly #wish: TableWish
  readonly #steps: number
  readonly #groups = new Map<string, Group>()
  #head: Pick<MetricCell, 'type' | 'unit'> | null = null

  constructor(wish: TableWish) {
    this.#wish = wish
    this.#steps = Math.round((wish.endUs - wish.startUs) / wish.stepUs)
  }

  /** Of the newest point; null = there was none. */
  get head(): Pick<MetricCell, 'type' | 'unit'> | null {
    return this.#head
  }

  /** Newest first. */
  add(cells: readonly MetricCell[]): void {
    const { name } = this.#wish
    for (const cell of cells) {
      if (cell.step < 0 || cell.step >= this.#steps) continue
      this.#head ??= this.#checked(cell)
      if (cell.type !== this.#head.type) throw twoTypes(name, cell.type, this.#head.type)
      const { cells: known } = this.#groupOf(cell)
      const newer = known.get(cell.step)
      known.set(cell.step, newer === undefined ? cell : added(newer, cell))
    }
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
        const value = cell === undefined ? null : valueOf(cell, fn, stepUs)
        if (value === null && !isFilled) continue
        points.push({ time: formatTime(startUs + step * stepUs), value: value ?? 0 })
      }
      return { labels, points }
    })
  }

  #groupOf({ by }: MetricCell): Group {
    const labels = Object.fromEntries(this.#wish.by.map((key, i) => [key, by[i] ?? '']))
    const key = JSON.stringify(by)
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group = { labels, cells: new Map<number, MetricCell>() }
    this.#groups.set(key, group)
    if (this.#groups.size * this.#steps > NUMBERS_MAX) throw tooManyNumbers()
    return group
  }

  #checked(point: MetricCell): MetricCell {
    const { name, fn } = this.#wish
    const known = FUNCTIONS[point.type]
    const isQuantile = point.type === 'histogram' && QUANTILE.test(fn)
    if (isQuantile || known.includes(fn)) return point
    const detail = `function: ${name} is a ${point.type}, which has ${known.join(', ')}, not ${fn}`
    throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
  }
}

function valueOf(cell: MetricCell, fn: string, stepUs: number): number | null {
  const { type, value, count, sum, min, max, last, buckets } = cell
  const increase = type === 'counter' ? value : count
  switch (fn) {
    case 'increase':
      return increase
    case 'rate':
      return increase / (stepUs / SECOND_US)
    case 'avg':
      return sum / count
    case 'min':
      return min
    case 'max':
      return max
    case 'last':
      return last
    default:
      return quantileOf(buckets, Number(QUANTILE.exec(fn)?.[1]) / 100, { min, max })
  }
}

export function tooManyNumbers(): HttpProblem {
  const advice = 'take a wider step, a narrower range, or fewer labels to tell apart'
  const detail = `more than ${NUMBERS_MAX} numbers would be answered: ${advice}`
  return new HttpProblem('LOGBOY_QUERY_TOO_DEAR', detail)
}

function twoTypes(name: string, one: MetricType, other: MetricType): HttpProblem {
  const advice = 'name a service or a label that has one of them'
  const detail = `name: ${name} is a ${one} and a ${other}; ${advice}`
  return new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}
