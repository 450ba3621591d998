/**
 * What one batch adds to the windows of all rules of a project: for each rule, group and pane (a
 * window slides by whole panes) a WindowPart. A pure function of batch and rules, so that live,
 * replay and backtest agree.
 *
 * A row belongs to the pane of its time, or of its receipt if it claims to come from later. It is
 * late, and only counted, if it was received after its pane had ended and what the rule allows had
 * passed: whoever looks again finds the same rows late.
 */
import { isMetricRule, isPatternRule, measuredBy, metricOf, slideOf } from '#proto/alert-rule.ts'
import { ROW_KINDS, type RowColumns } from '#proto/columns.ts'
import type { Query } from '#proto/query/tree.ts'
import { parseQuery } from '#proto/query.ts'
import type { Condition } from '../condition.ts'
import { type KeyCodes, keyCodes } from '../key-codes.ts'
import { allRows, compileTerm } from '../matcher.ts'
import { PatternIds } from '../patterns/pattern-ids.ts'
import { ByteWriter } from './byte-stream.ts'
import { addRowsTo, type PartFiller } from './part-filler.ts'
import { RuleIndex } from './rule-index.ts'
import { type PartKind, WindowPart } from './window-part.ts'
import {
  type PackedRules,
  partKindOf,
  receivedWithinUs,
  unpackRules,
  type WindowRule,
} from './window-rules.ts'

interface CompiledRule {
  readonly rule: WindowRule
  readonly kind: PartKind
  readonly slideUs: number
  readonly withinUs: number
  /** Of a ratio. */
  readonly part: Condition | null
}

/** All rules of a project, prepared once. */
export class RuleSet {
  readonly #rules: readonly CompiledRule[]
  readonly #logs = new RuleIndex()
  readonly #metrics = new RuleIndex()
  readonly #logRules: number[] = []
  readonly #metricRules: number[] = []

  constructor(rules: readonly WindowRule[]) {
    this.#rules = rules.map(compileRule)
    for (const [number, rule] of rules.entries()) {
      const isMetric = isMetricRule(rule)
      const numbers = isMetric ? this.#metricRules : this.#logRules
      numbers.push(number)
      const index = isMetric ? this.#metrics : this.#logs
      index.add(queryOfRule(rule))
    }
  }

  /** What a batch adds, see readDeltas; null = nothing. */
  deltas(rows: RowColumns, receivedAtUs: number): Uint8Array<ArrayBuffer> | null {
    const kind = rows.count === 0 ? ROW_KINDS.alert : rows.kind[0]
    if (kind === ROW_KINDS.alert) return null
    const isMetric = kind === ROW_KINDS.metric
    const [index, numbers] = isMetric
      ? [this.#metrics, this.#metricRules]
      : [this.#logs, this.#logRules]
    const batch = new BatchFacts(rows, receivedAtUs)
    const writer = new ByteWriter()
    let isEmpty = true
    index.match(rows, (at, selected) => {
      isEmpty = false
      const number = numbers[at] as number
      writer.u32(number)
      writeRule(batch, this.#rules[number] as CompiledRule, selected, writer)
    })
    return isEmpty ? null : writer.finish()
  }
}

const sets = new Map<string, RuleSet>()
const SETS_MAX = 256

/** A thread sees the same rules again with every batch of their project. */
export function ruleSetOf(packed: PackedRules): RuleSet {
  const known = sets.get(packed.key)
  if (known !== undefined) return known
  const compiled = new RuleSet(unpackRules(packed))
  const oldest = sets.keys().next()
  if (sets.size >= SETS_MAX && !oldest.done) sets.delete(oldest.value)
  sets.set(packed.key, compiled)
  return compiled
}

const SECOND_US = 1_000_000

function compileRule(rule: WindowRule): CompiledRule {
  const { aggregate, windowS } = rule
  const measured = measuredBy(aggregate)
  const parts = 'part' in measured ? termsOf(measured.part).terms : null
  return {
    rule,
    kind: partKindOf(rule),
    slideUs: slideOf(windowS) * SECOND_US,
    withinUs: receivedWithinUs(rule),
    part: parts === null ? null : compileTerm({ type: 'all', terms: parts }),
  }
}

function queryOfRule(rule: WindowRule): Query {
  const { terms } = termsOf(rule.query)
  const metric = metricOf(rule)
  if (metric === null) return { terms }
  return { terms: [{ type: 'exact', field: 'message', value: metric }, ...terms] }
}

function termsOf(text: string): Query {
  const parsed = parseQuery(text)
  if (parsed.type === 'fault') throw new Error(`a rule was stored unread: ${parsed.fault.message}`)
  return parsed.query
}

/** Columns that several rules want of the same batch, each made once. */
class BatchFacts {
  readonly rows: RowColumns
  readonly receivedAtUs: number
  readonly #panes = new Map<number, Float64Array>()
  readonly #keys = new Map<string, KeyCodes>()
  #patterns: PatternIds | undefined

  constructor(rows: RowColumns, receivedAtUs: number) {
    this.rows = rows
    this.receivedAtUs = receivedAtUs
  }

  panesOf(slideUs: number): Float64Array {
    let panes = this.#panes.get(slideUs)
    if (panes === undefined) {
      const { timeUs, count } = this.rows
      panes = new Float64Array(count)
      for (let row = 0; row < count; row++) {
        panes[row] = Math.floor(Math.min(timeUs[row] as number, this.receivedAtUs) / slideUs)
      }
      this.#panes.set(slideUs, panes)
    }
    return panes
  }

  /** The value of a field as a text; null = none. */
  keyOf(field: string, row: number): string | null {
    const { codes, textOf } = this.codesOf(field)
    return textOf(codes[row] as number)
  }

  /** Of all rows. */
  codesOf(field: string): KeyCodes {
    let codes = this.#keys.get(field)
    if (codes === undefined) {
      codes = keyCodes(this.rows, field, allRows(this.rows.count))
      this.#keys.set(field, codes)
    }
    return codes
  }

  patternOf(row: number): string {
    this.#patterns ??= new PatternIds(this.rows)
    return String(this.#patterns.of(row))
  }
}

function writeRule(
  batch: BatchFacts,
  compiled: CompiledRule,
  selected: Uint32Array,
  writer: ByteWriter,
): void {
  const { rule, kind, slideUs, withinUs, part } = compiled
  const panes = batch.panesOf(slideUs)
  const lastLate = (batch.receivedAtUs - withinUs) / slideUs - 1
  const groups = new BatchGroups(rule.groupsMax)
  const fill: PartFiller = addRowsTo(batch.rows, rule, kind, selected, part)
  let late = 0
  const isPattern = isPatternRule(rule)
  for (let i = 0; i < selected.length; i++) {
    const row = selected[i] as number
    const pane = panes[row] as number
    if (pane <= lastLate) {
      late++
      continue
    }
    const group = isPattern
      ? groups.named(batch.patternOf(row))
      : rule.by.length === 0
        ? groups.named('')
        : groups.ofRow(batch, rule.by, row)
    if (group !== null) fill(groups.partOf(group, pane), i, row)
  }
  writer.u32(late)
  writer.u32(groups.leftOut)
  groups.write(kind, writer)
}

type Group = Map<number, WindowPart>

/** The groups of one rule in one batch. */
class BatchGroups {
  /** Rows of groups beyond the cap. */
  leftOut = 0
  readonly #groups = new Map<string, Group>()
  /** By the codes of their values in this batch. */
  readonly #byCode = new Map<number, Group | null>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  named(key: string): Group | null {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= this.#max) {
      this.leftOut++
      return null
    }
    const group: Group = new Map()
    this.#groups.set(key, group)
    return group
  }

  ofRow(batch: BatchFacts, by: readonly string[], row: number): Group | null {
    let code = 0
    for (const field of by) {
      const { codes, size } = batch.codesOf(field)
      code = code * size + (codes[row] as number)
    }
    const known = this.#byCode.get(code)
    if (known !== undefined && known !== null) return known
    if (known === null) {
      this.leftOut++
      return null
    }
    const group = this.named(groupKey(by.map(field => batch.keyOf(field, row))))
    this.#byCode.set(code, group)
    return group
  }

  partOf(group: Group, pane: number): WindowPart {
    let part = group.get(pane)
    if (part === undefined) {
      part = new WindowPart()
      group.set(pane, part)
    }
    return part
  }

  write(kind: PartKind, writer: ByteWriter): void {
    writer.u32(this.#groups.size)
    for (const [key, panes] of this.#groups) {
      writer.text(key)
      writer.u32(panes.size)
      for (const [pane, part] of panes) {
        writer.f64(pane)
        part.write(kind, writer)
      }
    }
  }
}

/** The name of a group: its values as JSON; null = rows without the field. */
export function groupKey(values: readonly (string | null)[]): string {
  return JSON.stringify(values)
}
