/**
 * One search over one pinned version: plans, counts, walks, reads rows, puts the answer together.
 */
import type { Positions } from '#actors/commit-log/positions.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { type HistogramBar, LEVELS } from '#proto/api.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { encodeCursor, openCursor } from './cursor.ts'
import { bothDone } from './lanes.ts'
import { planCounts, reachableUnits, wholeUnits } from './plan.ts'
import type { HeldMemory } from './query-memory.ts'
import { type KeySelection, keyAt, sliceKeys } from './row-keys.ts'
import { type Damage, SearchExplain } from './search-explain.ts'
import { countRecent, fetchKeys, summarizeStored } from './search-steps.ts'
import type { Snapshot, StoredUnit, Unit } from './snapshot.ts'
import type { Progress, SearchPlanInput, SearchResult, Watch } from './store.ts'
import { Tally, type TallyWanted } from './tally.ts'
import { type WalkPlan, type WalkProgress, type WalkResult, walk } from './walk.ts'

export interface SearchTools {
  readonly pool: TaskPool
  /** Tasks of one search that run at once. */
  readonly lanes: number
  readonly pathOf: (segmentId: number) => string
  readonly memory: HeldMemory
  /** Is given what tells how far the query has come. */
  readonly watch?: Watch | undefined
  /** Tells of a row group, or of an index (group null), that cannot be read. */
  readonly onDamaged: (damage: Damage) => void
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
  readonly #explain: SearchExplain

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
    this.#explain = new SearchExplain(snapshot, tools)
  }

  async run(): Promise<SearchResult> {
    const cursor = openCursor(this.#input.cursor, this.#input.order)
    const { positions: now } = this.#snapshot
    const positions = cursor === null ? now : now.intersection(cursor.positions)
    const keys = this.#keySelection(cursor?.key ?? null)
    const tallyWanted = this.#tallyWanted()
    const counted = this.#countPlan(tallyWanted)
    const plan = this.#walkPlan(keys, new Set(counted.scanned), tallyWanted)
    const sum = new Tally(tallyWanted)
    sum.total = counted.rows
    const { watch, ...tools } = this.#tools
    const [unsummarized, walked] = await bothDone(
      this.#summarize(counted.summarized, sum, tallyWanted),
      walk(plan, {
        ...tools,
        watch: look => watch?.(() => this.#progress(look(), sum, tallyWanted)),
      }),
    )
    const unanswered = await this.#scanUnanswered(unsummarized, tallyWanted)
    const tally = new Tally(tallyWanted)
    tally.merge(sum.counts())
    tally.merge(walked.tally.counts())
    tally.merge(unanswered.counts())
    const page = await this.#page(walked, positions)
    const reachable = this.#units.length
    this.#explain.walked(walked, { reachable, summarized: counted.withoutRows })
    return {
      ...this.#counts(tally),
      ...page,
      positions,
      receivedAtUs: cursor === null ? receivedMaxUs(this.#snapshot) : 0,
      explain: this.#explain.counts,
    }
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
    return parts.some(part => include.has(part))
  }

  /** `rows` are of units that need not be opened to be counted. */
  #countPlan({ levels, services, barUs }: TallyWanted) {
    if (!this.#wantsTally()) return { summarized: [], scanned: [], rows: 0, withoutRows: 0 }
    const isNumber = !levels && !services && barUs === null
    const whole = new Set(isNumber ? wholeUnits(this.#units, this.#filter) : [])
    const others = this.#units.filter(unit => !whole.has(unit))
    const plan = planCounts(others, this.#filter, barUs)
    const rows = [...whole].reduce((sum, unit) => sum + unit.rows, 0)
    return { ...plan, rows, withoutRows: whole.size + plan.summarized.length }
  }

  #tallyWanted(): TallyWanted {
    const { include, intervalUs } = this.#input
    return {
      levels: include.has('by_level'),
      services: include.has('by_service'),
      barUs: include.has('histogram') ? intervalUs : null,
    }
  }

  #walkPlan(keys: KeySelection | null, counted: ReadonlySet<Unit>, tally: TallyWanted): WalkPlan {
    const none = { groups: null, grouped: new Set<Unit>() }
    return { units: this.#units, filter: this.#filter, keys, counted, tally, ...none }
  }

  async #summarize(
    units: readonly Unit[],
    tally: Tally,
    wanted: TallyWanted,
  ): Promise<readonly StoredUnit[]> {
    const recent = units.filter(unit => unit.type === 'recent')
    const stored = units.filter(unit => unit.type === 'stored')
    const sum = { type: 'tally', wanted, tally } as const
    const step = { ...this.#tools, filter: this.#filter, sum }
    const [, unanswered] = await bothDone(countRecent(recent, step), summarizeStored(stored, step))
    return unanswered
  }

  #progress(walked: WalkProgress, summarized: Tally, wanted: TallyWanted): Progress {
    const sum = new Tally(wanted)
    sum.merge(summarized.counts())
    sum.merge(walked.tally.counts())
    return {
      partsDone: walked.unitsDone,
      parts: this.#units.length,
      rowsRead: walked.rowsRead,
      bytesRead: walked.bytesRead,
      total: sum.total,
      histogram: histogramOf(sum),
    }
  }

  /** Row groups whose index is damaged are counted by their rows: slower, never wrong. */
  async #scanUnanswered(units: readonly StoredUnit[], wanted: TallyWanted): Promise<Tally> {
    for (const { segmentId } of units) this.#explain.damagedIndex(segmentId)
    const counted = new Set<Unit>(units)
    const plan = { ...this.#walkPlan(null, counted, wanted), units }
    const walked = await walk(plan, { ...this.#tools, watch: undefined })
    this.#explain.damaged(walked.damaged)
    return walked.tally
  }

  async #page(
    walked: WalkResult,
    positions: Positions,
  ): Promise<Pick<SearchResult, 'logs' | 'next_cursor'>> {
    const { limit, offset, order, fields } = this.#input
    const keys = sliceKeys(walked.keys, offset, offset + limit)
    const isLast = walked.keys.count <= offset + limit || keys.count === 0
    const { rows, damaged } = await fetchKeys(keys, walked, { ...this.#tools, fields })
    this.#explain.damaged(damaged)
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
    return {
      total: include.has('total') ? tally.total : null,
      aggregations: {
        by_level: include.has('by_level') ? levelCounts(tally.levels) : {},
        by_service: Object.fromEntries(services.sort(([, a], [, b]) => b - a)),
        histogram: histogramOf(tally),
        interval: intervalUs / 1_000_000,
      },
    }
  }
}

/** Entries are received in log order. A later page does not know what the first one had. */
export function receivedMaxUs({ units }: Snapshot): number {
  return units.reduce((max, unit) => Math.max(max, unit.receivedMaxUs), 0)
}

/** Empty unless bars were wanted. */
function histogramOf(tally: Tally): HistogramBar[] {
  return tally.bars().map(([startUs, counts]) => ({
    time: new Date(startUs / 1000).toISOString(),
    counts: levelCounts(counts),
  }))
}

function levelCounts(counts: Float64Array): Readonly<Record<string, number>> {
  const entries = LEVELS.map((level, i) => [level, counts[i] as number] as const)
  return Object.fromEntries(entries.filter(([, count]) => count > 0))
}
