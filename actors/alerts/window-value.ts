/** What a rule says of one window: its value, whether the condition holds, and when it is over. */
import type { WindowPart } from '#actors/processing/windows/window-part.ts'
import { type AlertRule, type MeasuredAggregate, measuredBy, slideOf } from '#proto/alert-rule.ts'
import { anomalyScore, leastSpread, spreadOf } from './anomaly-score.ts'
import { type Baseline, slotOf, type Usual } from './baseline.ts'
import type { GroupWindows } from './group-windows.ts'

/** A pattern that vanishes was a regular one: it had so many rows in one window. */
export const VANISHED_ROWS_MIN = 10

export interface WindowRead {
  /** null = the window has no such value: nothing was measured. */
  readonly value: number | null
  readonly holds: boolean
  /** A firing ends on the other side of its resolve threshold. */
  readonly isOver: boolean
  /** What the value is a score of; while the usual is not known, there is none. */
  readonly anomaly?: AnomalyRead
}

/** What of a group has to be known. */
interface ReadGroup {
  readonly windows: GroupWindows
  readonly baseline: Baseline | null
  /** It was seen often enough that its absence means something. */
  readonly isEstablished: boolean
}

export interface AnomalyRead {
  readonly measured: number | null
  readonly usual: Usual
  /** What counts as one standard deviation. */
  readonly spread: number
}

export class WindowReader {
  /** Panes of a window. */
  readonly panes: number
  /** Panes that one evaluation looks at, those of the window before included. */
  readonly span: number
  /** Without all of its panes a window would seem to have less than it has, and that matters. */
  readonly needsWhole: boolean
  /** The same of each group: one that has just appeared cannot be missed. */
  readonly needsPast: boolean
  /** More rows never make the condition false: what holds now will hold when the window closes. */
  readonly isRising: boolean
  /** Panes of a slot of its baselines; null = it has none. */
  readonly slotPanes: number | null
  readonly #rule: AlertRule
  readonly #isOfRows: boolean

  constructor(rule: AlertRule) {
    const { aggregate, windowS, condition } = rule
    const { fn } = aggregate
    this.#rule = rule
    this.panes = windowS / slideOf(windowS)
    this.span =
      fn === 'change' ? 2 * this.panes : fn === 'new_pattern' ? this.panes + 1 : this.panes
    const isUp = condition?.operator.startsWith('>') ?? true
    const isRows = fn === 'count' || (fn === 'rate' && !('metric' in aggregate))
    this.#isOfRows = isUp && isRows
    this.isRising = this.#isOfRows || fn === (isUp ? 'max' : 'min')
    const isMeasure =
      fn === 'ratio' || fn === 'avg' || fn === 'min' || fn === 'max' || /^p\d/.test(fn)
    const isAnomaly = fn === 'anomaly'
    this.slotPanes = isAnomaly ? slotOf(windowS) / slideOf(windowS) : null
    // What holds where there is nothing at all is not to be said of what has just appeared.
    const holdsEmpty = condition !== null && compare(0, condition.operator, condition.threshold)
    this.needsPast =
      condition === null
        ? fn === 'absence'
        : isAnomaly || fn === 'change' || (!isMeasure && (!isUp || holdsEmpty))
    this.needsWhole = this.needsPast || condition === null
  }

  /** Whether so many rows in all open windows could make the condition hold in one. */
  couldHold(total: number): boolean {
    const { condition, windowS } = this.#rule
    if (condition === null || !this.#isOfRows) return true
    const most = this.#rule.aggregate.fn === 'rate' ? total / windowS : total
    return compare(most, condition.operator, condition.threshold)
  }

  /** The window whose last pane is `last`. */
  read(group: ReadGroup, last: number): WindowRead {
    const { windows } = group
    const { aggregate, condition } = this.#rule
    if (condition === null) return this.#readEvent(windows, last, group.isEstablished)
    const first = last - this.panes + 1
    if (aggregate.fn === 'change') return this.#judge(this.#change(windows, first, last))
    const measured = valueOf(measuredBy(aggregate), this.#rule.windowS, windows.over(first, last))
    return aggregate.fn === 'anomaly'
      ? this.#readAnomaly(group, last, measured, aggregate.of)
      : this.#judge(measured)
  }

  /** Slots are counted from 1970, the first is 0; null = there are none. */
  slotAt(pane: number): number | null {
    return this.slotPanes === null ? null : Math.floor(pane / this.slotPanes)
  }

  #judge(value: number | null): WindowRead {
    const { condition, resolve } = this.#rule
    if (value === null || Number.isNaN(value) || condition === null) {
      return { value: null, holds: false, isOver: true }
    }
    const holds = compare(value, condition.operator, condition.threshold)
    if (resolve === null) return { value, holds, isOver: !holds }
    const isUp = condition.operator.startsWith('>')
    return { value, holds, isOver: !holds && (isUp ? value <= resolve : value >= resolve) }
  }

  #readAnomaly(
    { baseline }: ReadGroup,
    last: number,
    measured: number | null,
    of: MeasuredAggregate,
  ): WindowRead {
    const slot = this.slotAt(last)
    if (baseline === null || slot === null) throw new Error('an anomaly has no baseline')
    const usual = baseline.at(slot)
    const least = leastSpread(of, this.#rule.windowS, usual.median)
    const isScored = usual.isKnown && measured !== null && !Number.isNaN(measured)
    const score = isScored ? anomalyScore(measured, usual, least) : null
    const anomaly = { measured, usual, spread: spreadOf(usual, least) }
    return { ...this.#judge(score), anomaly }
  }

  #readEvent(windows: GroupWindows, last: number, isEstablished: boolean): WindowRead {
    if (this.#rule.aggregate.fn === 'new_pattern') {
      const value = windows.over(last, last).count
      const isNew = value > 0 && windows.over(last - this.panes, last - 1).count === 0
      return { value, holds: isNew, isOver: !isNew }
    }
    const value = windows.over(last - this.panes + 1, last).count
    const holds = value === 0 && isEstablished
    return { value, holds, isOver: !holds }
  }

  /** Percent of what the window before had; null = it had nothing. */
  #change(windows: GroupWindows, first: number, last: number): number | null {
    const before = windows.over(first - this.panes, first - 1).count
    const now = windows.over(first, last).count
    return before === 0 ? null : ((now - before) / before) * 100
  }
}

function valueOf(
  aggregate: ReturnType<typeof measuredBy>,
  windowS: number,
  part: WindowPart,
): number | null {
  const { fn } = aggregate
  switch (fn) {
    case 'count':
      return part.count
    case 'rate':
      return ('metric' in aggregate ? part.sum : part.count) / windowS
    case 'ratio':
      return part.count === 0 ? null : part.part / part.count
    case 'distinct':
      return part.distinct?.estimate() ?? 0
    case 'sum':
      return part.sum
    case 'avg':
      return part.count === 0 ? null : part.sum / part.count
    case 'min':
      return part.count === 0 ? null : part.min
    case 'max':
      return part.count === 0 ? null : part.max
    case 'absence':
    case 'change':
    case 'new_pattern':
    case 'vanished_pattern':
      return null
    default:
      return part.quantile(Number(fn.slice(1)) / 100)
  }
}

export function compare(value: number, operator: string, threshold: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold
    case '>=':
      return value >= threshold
    case '<':
      return value < threshold
    default:
      return value <= threshold
  }
}
