/**
 * One rule over time: groups with their windows, moved on by what batches add and by the clock.
 *
 *   panes     … | 41 | 42 | 43 | 44 | …        a window ends with each pane
 *                    └─── window 44 ──┘        it closes closesAfterUs after its end
 *
 * What closed windows say, one after the other, is the state. Where more rows cannot make a
 * condition false again, it fires before its window closes: with the row that decides it. All times
 * come from outside, so that a replay on another clock comes to the same end.
 */
import type { WarmUp } from '#actors/catalog/alert-rules.ts'
import type { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'
import type { PartKind, WindowPart } from '#actors/processing/windows/window-part.ts'
import { closesAfterUs, partKindOf } from '#actors/processing/windows/window-rules.ts'
import { type AlertRule, isPatternRule, slideOf } from '#proto/alert-rule.ts'
import { Baseline, RECENT_SAMPLES_MIN } from './baseline.ts'
import {
  type AlertStatus,
  enter,
  type GroupState,
  NONE,
  newGroup,
  readGroup,
  type StepTimes,
  step,
  writeGroup,
} from './group-state.ts'
import { emptyWindows } from './group-windows.ts'
import { VANISHED_ROWS_MIN, type WindowRead, WindowReader } from './window-value.ts'

const SECOND_US = 1_000_000
/** How long groups are remembered: awaited ones from their last row on, others from a change. */
export const ABSENT_KEEP_S = 86_400
/** What is seen once a day has a baseline, too. */
export const BASELINE_KEEP_S = 2 * 86_400

/** A group of a rule has changed its status. */
export interface GroupChange {
  readonly key: string
  readonly from: AlertStatus
  readonly to: AlertStatus
  /** End of the window that says so (µs): rises from change to change of a group. */
  readonly windowEndUs: number
  readonly value: number | null
}

/** Told of every window that closes, but for those in which nothing changes any more. */
export type WindowObserver = (key: string, windowEndUs: number, read: WindowRead) => void

export interface RuleCounters {
  /** Rows that came after their window and the lateness allowance. */
  late: number
  /** Rows of groups beyond the cap. */
  leftOut: number
  /** Rows that were in time but reached the windows after some of theirs had closed. */
  behind: number
}

export class RuleEvaluator {
  readonly rule: AlertRule
  readonly kind: PartKind
  readonly counters: RuleCounters = { late: 0, leftOut: 0, behind: 0 }
  readonly #reader: WindowReader
  readonly #times: StepTimes
  readonly #onWindow: WindowObserver | null
  readonly #slideUs: number
  readonly #groups = new Map<string, GroupState>()
  readonly #touched = new Set<string>()
  /** Rows received before are of no concern. */
  readonly #startUs: number
  /** Last pane of the newest window that has closed. */
  #closed: number
  /** First pane of which every row was seen. */
  #whole: number
  /** Newest pane that the clock has reached. */
  #current: number
  /** Newest pane with rows: where batches come from several partitions, the clock may be behind. */
  #newest = NONE

  constructor(rule: AlertRule, startUs: number, onWindow: WindowObserver | null = null) {
    this.rule = rule
    this.#onWindow = onWindow
    this.kind = partKindOf(rule)
    this.#reader = new WindowReader(rule)
    const slideS = slideOf(rule.windowS)
    this.#slideUs = slideS * SECOND_US
    this.#times = {
      forPanes: rule.forS / slideS,
      keepPanes: rule.keepFiringForS / slideS,
      tellsNoData: rule.by.length === 0,
    }
    this.#startUs = startUs
    this.#closed = Math.floor(startUs / this.#slideUs) - 1
    this.#current = this.#closed
    this.#whole = Math.ceil(startUs / this.#slideUs)
    if (rule.by.length === 0 && !isPatternRule(rule)) this.#groupOf('')
  }

  get groups(): ReadonlyMap<string, GroupState> {
    return this.#groups
  }

  /** null = it is no anomaly. */
  get warmUp(): WarmUp | null {
    const slot = this.#reader.slotAt(this.#closed + 1)
    if (slot === null) return null
    let [samples, warming] = [0, 0]
    for (const { baseline } of this.#groups.values()) {
      const usual = baseline?.at(slot)
      if (usual === undefined || usual.isKnown) continue
      warming++
      samples = Math.max(samples, usual.samples)
    }
    return { samples, needed: RECENT_SAMPLES_MIN, groups: this.#groups.size, warming }
  }

  /** What was received between was not seen: windows that reach back further are not whole. */
  resume(nowUs: number): void {
    this.#whole = Math.max(this.#whole, Math.ceil(nowUs / this.#slideUs))
  }

  wants(receivedAtUs: number): boolean {
    return receivedAtUs >= this.#startUs
  }

  /** Rows of one group and pane. Behind the last of a batch comes `decide`. */
  add(key: string, pane: number, part: WindowPart): void {
    if (pane <= this.#closed) {
      this.counters.behind += part.count
      if (pane < this.#firstOpen) return
    }
    const group = this.#groupOf(key)
    if (group === null) {
      this.counters.leftOut += part.count
      return
    }
    group.windows.add(pane, part)
    if (group.firstSeen === NONE || pane < group.firstSeen) group.firstSeen = pane
    group.lastSeen = Math.max(group.lastSeen, pane)
    this.#newest = Math.max(this.#newest, pane)
    this.#touched.add(key)
  }

  /** Closes what is over at this time; `nowUs` may never be behind rows that are still to come. */
  close(nowUs: number, tell: (change: GroupChange) => void): void {
    const newest = Math.max(this.#current, this.#newest)
    this.#current = Math.max(this.#current, Math.floor(nowUs / this.#slideUs))
    const end = Math.floor((nowUs - closesAfterUs(this.rule)) / this.#slideUs) - 1
    for (const stop of [this.#whole + this.#reader.span - 1, Number.POSITIVE_INFINITY]) {
      const last = Math.min(end, stop)
      const empty = Math.max(this.#closed, newest) + this.#reader.span
      while (this.#closed < last) {
        const changed = Math.max(empty, this.#slotStart)
        // Nothing came meanwhile: all windows say the same, until something else is usual.
        if (this.#closed >= changed + this.#restAfter) {
          this.#closed = Math.min(last, this.#slotEnd, this.#forgetsAt) - 1
        }
        this.#closeNext(tell)
      }
    }
    if (this.#touched.size > 0) this.decide(tell)
  }

  /** Fires what the rows that came, or the end of a firing before them, have decided already. */
  decide(tell: (change: GroupChange) => void): void {
    const keys = [...this.#touched]
    this.#touched.clear()
    if (!this.#reader.isRising || this.rule.forS > 0) return
    for (const key of keys) {
      const group = this.#groups.get(key)
      if (group === undefined) continue
      // What is ahead of the clock is judged when that comes: others may have been before it.
      if (group.lastSeen > this.#current) this.#touched.add(key)
      if (group.status === 'firing') continue
      if (!this.#reader.couldHold(group.windows.total)) continue
      for (let last = this.#closed + 1; last <= this.#current; last++) {
        const read = this.#read(group, last)
        if (read === null || !read.holds) continue
        const from = group.status
        enter(group, 'firing', last)
        this.#tell(key, from, group, last, read.value, tell)
        break
      }
    }
  }

  write(writer: ByteWriter): void {
    const { late, leftOut, behind } = this.counters
    for (const count of [late, leftOut, behind]) writer.f64(count)
    for (const pane of [this.#closed, this.#whole, this.#current]) writer.f64(pane)
    writer.u32(this.#groups.size)
    for (const [key, group] of this.#groups) {
      writer.text(key)
      writeGroup(group, writer)
    }
  }

  /** Becomes what `write` was told of the same rule. */
  read(reader: ByteReader): void {
    this.counters.late = reader.f64()
    this.counters.leftOut = reader.f64()
    this.counters.behind = reader.f64()
    this.#closed = reader.f64()
    this.#whole = reader.f64()
    this.#current = reader.f64()
    this.#groups.clear()
    const size = reader.u32()
    for (let i = 0; i < size; i++) {
      const [key, group] = [reader.text(), readGroup(this.kind, this.#baselineS, reader)]
      this.#groups.set(key, group)
      this.#newest = Math.max(this.#newest, group.lastSeen)
      if (group.lastSeen > this.#current) this.#touched.add(key)
    }
  }

  /** Oldest pane of a window that has not closed. */
  get #firstOpen(): number {
    return this.#closed + 2 - this.#reader.span
  }

  /** So many windows that say the same and everything has come to rest. */
  get #restAfter(): number {
    const { forPanes, keepPanes } = this.#times
    return Math.ceil(forPanes + keepPanes) + 4
  }

  /** The next window with which a group of which nothing comes any more is forgotten. */
  get #forgetsAt(): number {
    const keepPanes = Math.floor((ABSENT_KEEP_S * SECOND_US) / this.#slideUs)
    let next = Number.POSITIVE_INFINITY
    for (const [key, group] of this.#groups) {
      if (key === '' || group.baseline !== null) continue
      next = Math.min(next, quietSince(group) + keepPanes + 1)
    }
    return Math.max(next, this.#closed + 1)
  }

  /** First and last pane of the slot in which the next window ends. */
  get #slotStart(): number {
    const { slotPanes } = this.#reader
    return slotPanes === null ? 0 : Math.floor((this.#closed + 1) / slotPanes) * slotPanes
  }

  get #slotEnd(): number {
    return this.#slotStart + (this.#reader.slotPanes ?? Number.POSITIVE_INFINITY) - 1
  }

  get #baselineS(): number | null {
    return this.#reader.slotPanes === null ? null : this.rule.windowS
  }

  #groupOf(key: string): GroupState | null {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= this.rule.groupsMax) return null
    const { fn } = this.rule.aggregate
    const baseline = this.#baselineS === null ? null : new Baseline(this.#baselineS)
    const group = newGroup(emptyWindows(this.kind), baseline, fn === 'absence')
    this.#groups.set(key, group)
    return group
  }

  #closeNext(tell: (change: GroupChange) => void): void {
    const last = ++this.#closed
    for (const [key, group] of this.#groups) {
      this.#step(key, group, last, tell)
      group.windows.forgetBefore(this.#firstOpen)
      if (this.#isForgotten(key, group, last)) this.#forget(key, group, last, tell)
    }
  }

  #step(key: string, group: GroupState, last: number, tell: (change: GroupChange) => void): void {
    const { status, windows } = group
    const isSeen = this.#onWindow !== null
    if (status === 'ok' && !isSeen && !this.#reader.couldHold(windows.total)) return
    if (this.rule.aggregate.fn === 'vanished_pattern' && !group.isEstablished) {
      const first = last - this.#reader.panes + 1
      group.isEstablished = windows.over(first, last).count >= VANISHED_ROWS_MIN
    }
    const read = this.#read(group, last)
    if (read === null) return
    this.#onWindow?.(key, (last + 1) * this.#slideUs, read)
    this.#remember(group, last, read)
    step(group, read, last, this.#times)
    if (group.status === status) return
    this.#tell(key, status, group, last, read.value, tell)
    // The next firing may be decided already.
    if (status === 'firing') this.#touched.add(key)
  }

  /** With the window that ends a slot. */
  #remember({ baseline }: GroupState, last: number, { anomaly }: WindowRead): void {
    const slot = this.#reader.slotAt(last)
    if (baseline === null || slot === null || anomaly === undefined) return
    if (this.#reader.slotAt(last + 1) !== slot) baseline.record(slot, anomaly.measured)
  }

  /** null = the window is not whole, and says nothing. */
  #read(group: GroupState, last: number): WindowRead | null {
    const { span, needsWhole, needsPast } = this.#reader
    const first = last - span + 1
    if (needsWhole && first < this.#whole) return null
    // A group that appears had nothing before, which says nothing.
    if (needsPast && this.rule.by.length > 0 && first < group.firstSeen) return null
    return this.#reader.read(group, last)
  }

  #isForgotten(key: string, group: GroupState, last: number): boolean {
    if (key === '' || group.windows.total > 0) return false
    const forLongerThan = (pane: number, seconds: number): boolean =>
      (last - pane) * this.#slideUs > seconds * SECOND_US
    if (group.baseline !== null) {
      // Only where every clock closes a window.
      const endsSlot = this.#reader.slotAt(last + 1) !== this.#reader.slotAt(last)
      return endsSlot && forLongerThan(group.lastSeen, BASELINE_KEEP_S)
    }
    const { fn } = this.rule.aggregate
    const isAwaited = (fn === 'absence' || fn === 'vanished_pattern') && group.isEstablished
    if (group.status === 'ok' && !isAwaited) return true
    return forLongerThan(quietSince(group), ABSENT_KEEP_S)
  }

  #forget(key: string, group: GroupState, last: number, tell: (change: GroupChange) => void): void {
    this.#groups.delete(key)
    const { status } = group
    if (status === 'ok') return
    enter(group, 'ok', last)
    this.#tell(key, status, group, last, null, tell)
  }

  #tell(
    key: string,
    from: AlertStatus,
    { status: to }: GroupState,
    last: number,
    value: number | null,
    tell: (change: GroupChange) => void,
  ): void {
    if (from === to) return
    tell({ key, from, to, windowEndUs: (last + 1) * this.#slideUs, value })
  }
}

/** What begins after a day without rows is remembered for a day, too. */
function quietSince({ status, lastSeen, since }: GroupState): number {
  return status === 'ok' ? lastSeen : Math.max(lastSeen, since)
}
