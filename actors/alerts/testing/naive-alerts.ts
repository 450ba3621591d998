/**
 * What a rule says of a history, found the slow and obvious way: every value is counted anew from
 * all events that are known by then. The judge of windows, panes, deltas and early firing.
 */
import type { AlertRule } from '#proto/alert-rule.ts'
import { measuredBy, slideOf } from '#proto/alert-rule.ts'
import type { AlertStatus } from '../group-state.ts'
import type { GroupChange } from '../rule-evaluator.ts'
import { naiveScore } from './naive-score.ts'

/** Of the lateness allowance: for what was received and is still on its way, and for telling. */
const SETTLE_US = 500_000
const TELL_US = 100_000

export interface PlainEvent {
  readonly timeUs: number
  readonly key: string
  /** What `sum`, `avg`, `min` and `max` are about, and `distinct`. */
  readonly number: number
  /** Of `ratio`: it matches the second filter. */
  readonly isPart: boolean
}

export type PlainStep =
  | { readonly type: 'batch'; readonly atUs: number; readonly events: readonly PlainEvent[] }
  | { readonly type: 'tick'; readonly atUs: number }

interface Placed extends PlainEvent {
  readonly pane: number
}

interface NaiveGroup {
  status: AlertStatus
  since: number
  overSince: number | null
  firstSeen: number
  lastSeen: number
  established: boolean
}

export class NaiveAlerts {
  readonly changes: GroupChange[] = []
  late = 0
  behind = 0
  leftOut = 0
  readonly #rule: AlertRule
  readonly #slideUs: number
  /** For so long after the end of a window its rows may be received. */
  readonly #withinUs: number
  readonly #panes: number
  readonly #startPane: number
  readonly #events: Placed[] = []
  readonly #groups = new Map<string, NaiveGroup>()
  readonly #held = new Set<string>()
  /** Values of windows by group and the time of their end. */
  readonly #past = new Map<string, Map<number, number>>()
  #closed: number
  #nowUs: number

  constructor(rule: AlertRule, startUs: number) {
    this.#rule = rule
    this.#slideUs = slideOf(rule.windowS) * 1e6
    this.#withinUs = Math.max(rule.latenessS * 1e6 - SETTLE_US - TELL_US, 0)
    this.#panes = (rule.windowS * 1e6) / this.#slideUs
    this.#startPane = Math.ceil(startUs / this.#slideUs)
    this.#closed = Math.floor(startUs / this.#slideUs) - 1
    this.#nowUs = startUs
    if (rule.by.length === 0 && !rule.aggregate.fn.endsWith('_pattern')) this.#group('')
  }

  step(step: PlainStep): void {
    this.#nowUs = Math.max(this.#nowUs, step.atUs)
    this.#closeDue()
    this.#fireEarly()
    if (step.type === 'tick') return
    const known = step.events.filter(event => !this.#isLate(event, step.atUs))
    this.late += step.events.length - known.length
    // Group by group: of those beyond the cap it matters which came first.
    for (const key of new Set(known.map(each => each.key))) {
      for (const event of known) if (event.key === key) this.#place(event, step.atUs)
    }
    this.#fireEarly()
  }

  /** Whether the condition held in the window of the group that ended then and has closed. */
  held(key: string, windowEndUs: number): boolean {
    return this.#held.has(`${key} ${windowEndUs}`)
  }

  #paneOf({ timeUs }: PlainEvent, receivedUs: number): number {
    return Math.floor(Math.min(timeUs, receivedUs) / this.#slideUs)
  }

  #isLate(event: PlainEvent, receivedUs: number): boolean {
    const endUs = (this.#paneOf(event, receivedUs) + 1) * this.#slideUs
    return endUs + this.#withinUs <= receivedUs
  }

  #place(event: PlainEvent, receivedUs: number): void {
    const pane = this.#paneOf(event, receivedUs)
    if (pane <= this.#closed) this.behind++
    const fn = this.#rule.aggregate.fn
    const span = fn === 'change' ? 2 * this.#panes : this.#panes + (fn === 'new_pattern' ? 1 : 0)
    if (pane < this.#closed + 2 - span) return
    if (!this.#groups.has(event.key) && this.#groups.size >= this.#rule.groupsMax) {
      this.leftOut++
      return
    }
    this.#events.push({ ...event, pane })
    const group = this.#group(event.key)
    group.firstSeen = Math.min(group.firstSeen, pane)
    group.lastSeen = Math.max(group.lastSeen, pane)
  }

  #group(key: string): NaiveGroup {
    const group = this.#groups.get(key) ?? {
      status: 'ok',
      since: -1,
      overSince: null,
      firstSeen: Number.POSITIVE_INFINITY,
      lastSeen: -1,
      established: this.#rule.aggregate.fn === 'absence',
    }
    this.#groups.set(key, group)
    return group
  }

  #closeDue(): void {
    const settledUs = this.#nowUs - SETTLE_US - this.#withinUs
    while ((this.#closed + 2) * this.#slideUs <= settledUs) {
      this.#closed++
      for (const key of this.#groups.keys()) this.#close(key, this.#closed)
    }
  }

  #close(key: string, last: number): void {
    const group = this.#group(key)
    const { aggregate, forS, keepFiringForS } = this.#rule
    const fn = aggregate.fn
    if (fn === 'vanished_pattern' && this.#count(key, last) >= 10) group.established = true
    const { holds, isOver, value, judged, measured, isUnknown } = this.#judge(key, last)
    if (judged) {
      if (fn === 'anomaly' && measured !== null) this.#keep(key, last, measured)
      if (holds) this.#held.add(`${key} ${(last + 1) * this.#slideUs}`)
      const isNothing = value === null && !isUnknown
      const fired = group.status === 'firing' || group.status === 'no_data'
      const rest = isNothing && (fired || this.#rule.by.length === 0) ? 'no_data' : 'ok'
      if (group.status === 'firing') {
        if (last > group.since) {
          if (!isOver) group.overSince = null
          else {
            group.overSince ??= last
            const overUs = (last - group.overSince) * this.#slideUs
            if (overUs >= keepFiringForS * 1e6) this.#turn(key, rest, last, value)
          }
        }
      } else if (holds) {
        const began = group.status === 'pending' ? group.since : last
        const heldUs = (last - began) * this.#slideUs
        if (heldUs >= forS * 1e6) this.#turn(key, 'firing', last, value)
        else if (group.status !== 'pending') this.#turn(key, 'pending', last, value)
      } else if (group.status !== rest) this.#turn(key, rest, last, value)
    }
    this.#maybeForget(key, last)
  }

  #maybeForget(key: string, last: number): void {
    if (key === '') return
    const group = this.#group(key)
    const { fn } = this.#rule.aggregate
    if (fn === 'anomaly') {
      const isSlot = ((last + 1) * this.#slideUs) % this.#slotUs === 0
      const isLong = (last - group.lastSeen) * this.#slideUs > 2 * 86_400e6
      if (!isSlot || !isLong || this.#count(key, last + 1) > 0) return
      this.#past.delete(key)
      this.#groups.delete(key)
      if (group.status !== 'ok') {
        const windowEndUs = (last + 1) * this.#slideUs
        this.changes.push({ key, from: group.status, to: 'ok', windowEndUs, value: null })
      }
      return
    }
    const span = fn === 'change' ? 2 * this.#panes : this.#panes + (fn === 'new_pattern' ? 1 : 0)
    if (this.#events.some(event => event.key === key && event.pane >= last + 2 - span)) return
    const awaited = (fn === 'absence' || fn === 'vanished_pattern') && group.established
    const isRemembered = group.status !== 'ok' || awaited
    const began = group.status === 'ok' ? -1 : group.since
    const quietUs = (last - Math.max(group.lastSeen, began)) * this.#slideUs
    if (isRemembered && quietUs <= 86_400e6) return
    this.#groups.delete(key)
    if (group.status === 'ok') return
    const windowEndUs = (last + 1) * this.#slideUs
    this.changes.push({ key, from: group.status, to: 'ok', windowEndUs, value: null })
  }

  get #slotUs(): number {
    return this.#rule.windowS <= 900 ? 900e6 : 3_600e6
  }

  #keep(key: string, last: number, measured: number): void {
    const endUs = (last + 1) * this.#slideUs
    if (endUs % this.#slotUs !== 0) return
    const past = this.#past.get(key) ?? new Map<number, number>()
    this.#past.set(key, past)
    past.set(endUs, Math.fround(measured))
  }

  #fireEarly(): void {
    const { aggregate, condition, forS } = this.#rule
    const { fn } = aggregate
    const isUp = condition?.operator.startsWith('>') ?? true
    const rising = isUp ? ['count', 'rate', 'max'] : ['min']
    if (forS > 0 || !rising.includes(fn)) return
    // What a counter of a metric says may be less than nothing.
    if (fn === 'rate' && 'metric' in aggregate) return
    const current = Math.floor(this.#nowUs / this.#slideUs)
    for (const [key, group] of this.#groups) {
      for (let last = this.#closed + 1; last <= current && group.status !== 'firing'; last++) {
        const { holds, value } = this.#judge(key, last)
        if (holds) this.#turn(key, 'firing', last, value)
      }
    }
  }

  #turn(key: string, to: AlertStatus, last: number, value: number | null): void {
    const group = this.#group(key)
    const { status: from } = group
    Object.assign(group, { status: to, since: last, overSince: null })
    this.changes.push({ key, from, to, windowEndUs: (last + 1) * this.#slideUs, value })
  }

  #count(key: string, last: number, panes = this.#panes): number {
    return this.#inWindow(key, last - panes + 1, last).length
  }

  #inWindow(key: string, first: number, last: number): Placed[] {
    return this.#events.filter(event => {
      return event.key === key && event.pane >= first && event.pane <= last
    })
  }

  #judge(
    key: string,
    last: number,
  ): {
    readonly value: number | null
    readonly holds: boolean
    readonly isOver: boolean
    readonly judged: boolean
    /** Of an anomaly: what it is a score of; and whether the usual is not known. */
    readonly measured: number | null
    readonly isUnknown: boolean
  } {
    const { aggregate, condition, resolve, by } = this.#rule
    const { fn } = aggregate
    const group = this.#groups.get(key)
    const span = fn === 'change' ? 2 * this.#panes : this.#panes + (fn === 'new_pattern' ? 1 : 0)
    const first = last - span + 1
    const isDown = condition?.operator.startsWith('<') ?? false
    const isOfRows = ['count', 'rate', 'sum', 'distinct'].includes(fn)
    const past =
      fn === 'absence' ||
      fn === 'change' ||
      fn === 'anomaly' ||
      ((isDown || firesOnNothing(condition)) && isOfRows)
    const whole = past || fn.endsWith('_pattern')
    const plain = { measured: null, isUnknown: false }
    const unjudged = { value: null, holds: false, isOver: false, judged: false, ...plain }
    if (whole && first < this.#startPane) return unjudged
    if (past && by.length > 0 && first < (group?.firstSeen ?? 0)) return unjudged
    if (condition === null) {
      const rows = fn === 'new_pattern' ? this.#count(key, last, 1) : this.#count(key, last)
      const holds =
        fn === 'new_pattern'
          ? rows > 0 && this.#inWindow(key, last - this.#panes, last - 1).length === 0
          : rows === 0 && group?.established === true
      return { value: rows, holds, isOver: !holds, judged: true, ...plain }
    }
    const measured = this.#value(key, last)
    const endUs = (last + 1) * this.#slideUs
    const kept = this.#past.get(key) ?? new Map<number, number>()
    const score =
      fn === 'anomaly' ? naiveScore(this.#rule, this.#slotUs, kept, endUs, measured) : measured
    const isUnknown = score === 'unknown'
    const value = isUnknown ? null : score
    if (value === null) {
      return { value, holds: false, isOver: true, judged: true, measured, isUnknown }
    }
    const { operator, threshold } = condition
    const compare = { '>': value > threshold, '>=': value >= threshold, '<': value < threshold }
    const holds = operator === '<=' ? value <= threshold : compare[operator]
    const beyond = resolve === null || (isDown ? value >= resolve : value <= resolve)
    return { value, holds, isOver: !holds && beyond, judged: true, measured, isUnknown }
  }

  #value(key: string, last: number): number | null {
    const events = this.#inWindow(key, last - this.#panes + 1, last)
    const numbers = events.map(({ number }) => number)
    const sum = numbers.reduce((total, number) => total + number, 0)
    const aggregate = measuredBy(this.#rule.aggregate)
    if (/^p\d/.test(aggregate.fn)) return quantile(numbers, Number(aggregate.fn.slice(1)))
    switch (aggregate.fn) {
      case 'count':
        return events.length
      case 'rate':
        return ('metric' in aggregate ? sum : events.length) / this.#rule.windowS
      case 'ratio':
        return events.length === 0
          ? null
          : events.filter(each => each.isPart).length / events.length
      case 'sum':
        return sum
      case 'avg':
        return events.length === 0 ? null : sum / events.length
      case 'min':
        return events.length === 0 ? null : Math.min(...numbers)
      case 'max':
        return events.length === 0 ? null : Math.max(...numbers)
      case 'distinct':
        return new Set(numbers).size
      case 'change': {
        const before = this.#inWindow(key, last - 2 * this.#panes + 1, last - this.#panes).length
        return before === 0 ? null : ((events.length - before) / before) * 100
      }
      default:
        throw new Error(`nobody knows ${this.#rule.aggregate.fn}`)
    }
  }
}

/** Of all numbers, in their order; null = there are none. */
function quantile(numbers: readonly number[], percent: number): number | null {
  const ordered = numbers.toSorted((a, b) => a - b)
  return ordered[Math.floor(((ordered.length - 1) * percent) / 100)] ?? null
}

/** A group of which nothing was ever heard would fire. */
function firesOnNothing(condition: AlertRule['condition']): boolean {
  if (condition === null || condition.operator.startsWith('<')) return false
  return condition.operator === '>=' ? condition.threshold <= 0 : condition.threshold < 0
}
