/**
 * One search over one pinned version: plans, counts, walks, reads rows, puts the answer together.
 */
import type { Positions } from '#actors/commit-log/positions.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { LEVELS } from '#proto/api.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type AggregateValue, orderAnswers } from './aggregate.ts'
import { encodeCursor, openCursor } from './cursor.ts'
import { bothDone } from './lanes.ts'
import { planCounts, reachableUnits } from './plan.ts'
import { type KeySelection, keyAt, sliceKeys } from './row-keys.ts'
import { countRecent, fetchKeys, summarizeStored } from './search-steps.ts'
import type { Snapshot, StoredUnit, Unit } from './snapshot.ts'
import type { SearchPlanInput, SearchResult } from './store.ts'
import { Tally, type TallyWanted } from './tally.ts'
import type { AggregateInput } from './tasks/aggregate.ts'
import { type ValueGroups, valuesWanted } from './values.ts'
import { type UnitDamage, type WalkPlan, type WalkResult, walk } from './walk.ts'
import type { WideAggregates, WidePlan, WideQuestion } from './wide-aggregate.ts'

export interface SearchTools {
  readonly pool: TaskPool
  /** Tasks of one search that run at once. */
  readonly lanes: number
  readonly pathOf: (segmentId: number) => string
  /** Aggregates of very many rows; null = all of them are scanned. */
  readonly wide: WideAggregates | null
  /** Tells of a row group, or of an index (group null), that cannot be read. */
  readonly onDamaged: (damage: Damage) => void
}

export interface Damage {
  readonly segmentId: number
  readonly group: number | null
  readonly reason: string
}

export async function search(
  snapshot: Snapshot,
  input: SearchPlanInput,
  tools: SearchTools & { readonly signal: AbortSignal },
): Promise<SearchResult> {
  const run = new Search(snapshot, input, tools)
  return run.run()
}

class Search {
  readonly #snapshot: Snapshot
  readonly #input: SearchPlanInput
  readonly #tools: SearchTools & { readonly signal: AbortSignal }
  readonly #filter: RowFilter
  readonly #units: readonly Unit[]
  readonly #explain: Record<string, number> = {}
  readonly #damaged = new Set<Unit>()

  constructor(
    snapshot: Snapshot,
    input: SearchPlanInput,
    tools: SearchTools & { readonly signal: AbortSignal },
  ) {
    this.#snapshot = snapshot
    this.#input = input
    this.#tools = tools
    const ingestedStartUs = Math.max(input.ingestedStartUs, snapshot.receivedFromUs)
    this.#filter = { ...input, ingestedStartUs }
    this.#units = reachableUnits(snapshot.units, this.#filter)
  }

  async run(): Promise<SearchResult> {
    const cursor = openCursor(this.#input.cursor, this.#input.order)
    const { positions: now } = this.#snapshot
    const positions = cursor === null ? now : now.intersection(cursor.positions)
    const keys = this.#keySelection(cursor?.key ?? null)
    const tallyWanted = this.#tallyWanted()
    const counts = planCounts(this.#units, this.#filter, tallyWanted.barUs)
    const counted = this.#wantsTally() ? counts : { summarized: [], scanned: [] }
    const wide = await this.#planWide()
    const plan = this.#walkPlan(keys, new Set(counted.scanned), tallyWanted)
    const valued = new Set(plan.valued)
    for (const unit of wide?.covered ?? []) valued.delete(unit)
    const [summarized, walked] = await bothDone(
      this.#summarize(counted.summarized, tallyWanted),
      walk({ ...plan, valued }, this.#tools),
    )
    const unanswered = await this.#scanUnanswered(summarized.unanswered, tallyWanted)
    const tally = summarized.tally
    tally.merge(walked.tally.counts())
    tally.merge(unanswered.counts())
    const page = await this.#page(walked, positions)
    this.#explainWalk(walked, counted.summarized.length)
    return {
      ...this.#counts(tally),
      ...(await this.#aggregate({ tally, values: walked.values, wide })),
      ...page,
      positions,
      receivedAtUs: cursor === null ? this.#receivedMaxUs() : 0,
      explain: this.#explain,
    }
  }

  /** Entries are received in log order. A later page does not know what the first one had. */
  #receivedMaxUs(): number {
    return this.#snapshot.units.reduce((max, unit) => Math.max(max, unit.receivedMaxUs), 0)
  }

  /** One more than the page, to know whether there is a next one. */
  #keySelection(after: KeySelection['after']): KeySelection | null {
    const { include, limit, offset, order } = this.#input
    if (!include.has('logs') || limit === 0) return null
    return { order, limit: offset + limit + 1, after }
  }

  #wantsTally(): boolean {
    const { include } = this.#input
    const parts = ['total', 'by_level', 'by_service', 'histogram'] as const
    return parts.some(part => include.has(part)) || this.#isCountedAggregate()
  }

  #tallyWanted(): TallyWanted {
    const { include, intervalUs, aggregate } = this.#input
    const by = this.#isCountedAggregate() ? aggregate?.by : undefined
    return {
      levels: include.has('by_level') || by === 'level',
      services: include.has('by_service') || by === 'service',
      barUs: include.has('histogram') ? intervalUs : null,
    }
  }

  /** Counts by level or service are in summaries; all other aggregates need rows. */
  #isCountedAggregate(): boolean {
    const { aggregate } = this.#input
    if (aggregate?.fn !== 'count') return false
    return aggregate.by === undefined || aggregate.by === 'level' || aggregate.by === 'service'
  }

  #walkPlan(keys: KeySelection | null, counted: ReadonlySet<Unit>, tally: TallyWanted): WalkPlan {
    const { aggregate } = this.#input
    const values = aggregate === null || this.#isCountedAggregate() ? null : valuesWanted(aggregate)
    const valued = new Set(values === null ? [] : this.#units)
    return { units: this.#units, filter: this.#filter, keys, counted, tally, values, valued }
  }

  async #summarize(
    units: readonly Unit[],
    wanted: TallyWanted,
  ): Promise<{ readonly tally: Tally; readonly unanswered: readonly StoredUnit[] }> {
    const tally = new Tally(wanted)
    const recent = units.filter(unit => unit.type === 'recent')
    const stored = units.filter(unit => unit.type === 'stored')
    const step = { ...this.#tools, filter: this.#filter, wanted, tally }
    const [, unanswered] = await bothDone(countRecent(recent, step), summarizeStored(stored, step))
    return { tally, unanswered }
  }

  /** Row groups whose index is damaged are counted by their rows: slower, never wrong. */
  async #scanUnanswered(units: readonly StoredUnit[], wanted: TallyWanted): Promise<Tally> {
    for (const { segmentId } of units) this.#tellIndex(segmentId)
    const counted = new Set<Unit>(units)
    const plan = { ...this.#walkPlan(null, counted, wanted), units, values: null }
    const walked = await walk(plan, this.#tools)
    this.#explainDamage(walked.damaged)
    return walked.tally
  }

  async #page(
    walked: WalkResult,
    positions: Positions,
  ): Promise<Pick<SearchResult, 'logs' | 'next_cursor'>> {
    const { limit, offset, order } = this.#input
    const keys = sliceKeys(walked.keys, offset, offset + limit)
    const isLast = walked.keys.count <= offset + limit || keys.count === 0
    const { rows, damaged } = await fetchKeys(keys, walked, this.#tools)
    this.#explainDamage(damaged)
    return {
      logs: rows.filter(row => row !== null),
      next_cursor: isLast
        ? null
        : encodeCursor({ order, key: keyAt(keys, keys.count - 1), positions }),
    }
  }

  #counts(tally: Tally): Pick<SearchResult, 'total' | 'aggregations'> {
    const { include, intervalUs } = this.#input
    const services = include.has('by_service') ? [...tally.services] : []
    const bars = include.has('histogram') ? tally.bars() : []
    return {
      total: include.has('total') ? tally.total : null,
      aggregations: {
        by_level: include.has('by_level') ? levelCounts(tally.levels) : {},
        by_service: Object.fromEntries(services.sort(([, a], [, b]) => b - a)),
        histogram: bars.map(([startUs, counts]) => ({
          time: new Date(startUs / 1000).toISOString(),
          counts: levelCounts(counts),
        })),
        interval: intervalUs / 1_000_000,
      },
    }
  }

  async #planWide(): Promise<WidePlan | null> {
    const { wide } = this.#tools
    const question = this.#wideQuestion()
    return wide === null || question === null ? null : await wide.plan(question)
  }

  #wideQuestion(): WideQuestion | null {
    const { aggregate: request } = this.#input
    if (request === null || this.#isCountedAggregate()) return null
    const { segments } = this.#snapshot
    const { signal } = this.#tools
    return { request, filter: this.#filter, units: this.#units, segments, signal }
  }

  async #aggregate(found: {
    readonly tally: Tally
    readonly values: readonly ValueGroups[]
    readonly wide: WidePlan | null
  }): Promise<{ aggregate?: readonly AggregateValue[] }> {
    const { aggregate: request } = this.#input
    const { tally, wide } = found
    if (request === null) return {}
    if (this.#isCountedAggregate()) {
      return { aggregate: orderAnswers(request, countedGroups(request.by, tally)) }
    }
    let { values } = found
    const question = this.#wideQuestion()
    if (wide !== null && question !== null) {
      this.#add('units_wide', wide.covered.size)
      const answers = await this.#tools.wide?.run(wide, values, question)
      if (answers) return { aggregate: answers }
      values = [...values, ...(await this.#scanValues(wide.covered))]
    }
    const { pool, signal } = this.#tools
    const transfer = values.map(each => each.values.buffer as ArrayBuffer)
    const input: AggregateInput = { request, parts: values }
    const answers = await pool.run<AggregateValue[]>('store-aggregate', input, { transfer, signal })
    return { aggregate: answers }
  }

  /** What DuckDB was to read, after it could not. */
  async #scanValues(units: ReadonlySet<Unit>): Promise<readonly ValueGroups[]> {
    const tally = { levels: false, services: false, barUs: null }
    const plan = this.#walkPlan(null, new Set(), tally)
    const walked = await walk({ ...plan, units: [...units], valued: units }, this.#tools)
    this.#explainDamage(walked.damaged)
    return walked.values
  }

  #explainWalk(walked: WalkResult, summarized: number): void {
    this.#add('segments', this.#snapshot.segments.length)
    this.#add('units', this.#snapshot.units.length)
    this.#add('units_out_of_range', this.#snapshot.units.length - this.#units.length)
    this.#add('units_summarized', summarized)
    this.#add('units_read', walked.unitsRead)
    this.#add('rows_read', walked.rowsRead)
    this.#explainDamage(walked.damaged)
    for (const { id } of this.#snapshot.segments) {
      if (walked.damagedIndexes.has(this.#tools.pathOf(id))) this.#tellIndex(id)
    }
  }

  /** A row group counts once, however often it was found to be damaged. */
  #explainDamage(damaged: readonly UnitDamage[]): void {
    for (const { unit, reason } of damaged) {
      if (unit.type !== 'stored' || this.#damaged.has(unit)) continue
      this.#damaged.add(unit)
      const { segmentId, group } = unit
      this.#add(`damaged rows in segment ${segmentId}`, unit.rows)
      this.#tools.onDamaged({ segmentId, group, reason })
    }
  }

  #tellIndex(segmentId: number): void {
    this.#explain[`damaged index of segment ${segmentId}`] = 1
    this.#tools.onDamaged({ segmentId, group: null, reason: 'index' })
  }

  #add(name: string, count: number): void {
    this.#explain[name] = (this.#explain[name] ?? 0) + count
  }
}

function levelCounts(counts: Float64Array): Readonly<Record<string, number>> {
  const entries = LEVELS.map((level, i) => [level, counts[i] as number] as const)
  return Object.fromEntries(entries.filter(([, count]) => count > 0))
}

function countedGroups(by: string | undefined, tally: Tally): AggregateValue[] {
  if (by === undefined) return [{ key: '', value: tally.total }]
  if (by === 'service') return [...tally.services].map(([key, value]) => ({ key, value }))
  return Object.entries(levelCounts(tally.levels)).map(([key, value]) => ({ key, value }))
}
