/**
 * One analysis over one pinned version: groups come from summaries where those say it all, from
 * DuckDB where that is faster, and from the rows otherwise.
 */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { Table } from '#proto/api.ts'
import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import { ALL_LEVELS, compileCellFilter, levelMask } from '../cell-filter.ts'
import { bothDone } from '../lanes.ts'
import { planCounts, reachableUnits, uncutUnits } from '../plan.ts'
import { receivedMaxUs, type SearchTools } from '../search.ts'
import { SearchExplain } from '../search-explain.ts'
import { countNumbers, countRecent, summarizeStored } from '../search-steps.ts'
import type { Snapshot, Unit } from '../snapshot.ts'
import type { WideTold } from '../sql.ts'
import type { AnalysisInput, AnalysisResult, Progress } from '../store.ts'
import type { TabulateInput } from '../tasks/tabulate.ts'
import { type WalkProgress, type WalkResult, walk } from '../walk.ts'
import type { WideAggregates, WidePlan, WideQuestion } from '../wide-aggregate.ts'
import { type GroupingStage, groupingStage } from './grouping-stage.ts'
import { Groups, isOfServices, isSummarized } from './groups.ts'
import { type GroupsWanted, groupsWanted } from './groups-wanted.ts'
import { measuredBytes, measuresOf } from './measured.ts'
import { buffersOf } from './numbers.ts'
import { tabulate, tabulateCount } from './tabulate.ts'
import { tooManyGroups } from './too-many.ts'

export interface AnalysisTools extends SearchTools {
  /** Numbers of very many rows; null = all of them are scanned. */
  readonly wide: WideAggregates | null
  readonly signal: AbortSignal
}

export async function analyse(
  snapshot: Snapshot,
  input: AnalysisInput,
  tools: AnalysisTools,
): Promise<AnalysisResult> {
  return await new Analysis(snapshot, input, tools).run()
}

interface Answer {
  readonly total: number
  readonly table: Table
}

const NO_TALLY = { levels: false, services: false, barUs: null }

class Analysis {
  readonly #snapshot: Snapshot
  readonly #input: AnalysisInput
  readonly #tools: AnalysisTools
  readonly #stage: GroupingStage
  readonly #wanted: GroupsWanted
  readonly #filter: RowFilter
  readonly #units: readonly Unit[]
  readonly #explain: SearchExplain

  constructor(snapshot: Snapshot, input: AnalysisInput, tools: AnalysisTools) {
    this.#snapshot = snapshot
    this.#input = input
    this.#tools = tools
    this.#stage = groupingStage(input.stages)
    const { perQueryBytes: bytesMax } = tools.memory.limits
    this.#wanted = groupsWanted(this.#stage, { intervalUs: input.intervalUs, bytesMax })
    const ingestedStartUs = Math.max(input.ingestedStartUs, snapshot.receivedFromUs)
    this.#filter = { ...input, ingestedStartUs }
    this.#units = reachableUnits(snapshot.units, this.#filter)
    this.#explain = new SearchExplain(snapshot, tools)
  }

  async run(): Promise<AnalysisResult> {
    const { total, table } = (await this.#counted()) ?? (await this.#byRows())
    return {
      total,
      table,
      positions: this.#snapshot.positions,
      receivedAtUs: receivedMaxUs(this.#snapshot),
      explain: this.#explain.counts,
    }
  }

  async #byRows(): Promise<Answer> {
    const { wide } = this.#tools
    const isWide = wide !== null && !this.#isSummarized()
    const plan = isWide ? await wide.plan(this.#question()) : null
    return plan === null ? await this.#grouped() : await this.#wide(plan)
  }

  /** Numbers by service that indexes have counted; null = they did not, or more is asked. */
  async #counted(): Promise<Answer | null> {
    if (!isOfServices(this.#wanted) || compileCellFilter(this.#filter) === null) return null
    if (levelMask(this.#filter) !== ALL_LEVELS) return null
    const whole = uncutUnits(this.#units, this.#filter)
      .filter(unit => unit.type === 'stored')
      .filter(({ deleted }) => deleted === null)
    const groups = this.#newGroups()
    const step = { ...this.#tools, filter: this.#filter, groups }
    const { uncounted, damagedSegments } = await countNumbers(whole, step)
    for (const segmentId of damagedSegments) this.#explain.damagedIndex(segmentId)
    const counted = new Set<Unit>(whole)
    for (const unit of uncounted) counted.delete(unit)
    const left = uncounted.reduce((sum, { rows }) => sum + rows, 0)
    // Segments from before indexes counted: with many of them DuckDB reads all.
    if (counted.size === 0 || this.#tools.wide?.isWorth(left) === true) return null
    const others = this.#units.filter(unit => !counted.has(unit))
    const walked = await this.#walk(others, groups, true)
    if (groups.excess !== null) throw tooManyGroups(groups.excess, this.#wanted)
    this.#explainWalk(walked, counted.size)
    return await this.#tabulated(groups)
  }

  #newGroups(): Groups {
    return new Groups(this.#wanted, bytes => this.#tools.memory.hold('groups', bytes))
  }

  /** Summaries say in a moment what DuckDB would count row by row. */
  #isSummarized(): boolean {
    const { summarized } = planCounts(this.#units, this.#filter, this.#wanted.barUs)
    return isSummarized(this.#wanted) && summarized.length > 0
  }

  async #grouped(): Promise<Answer> {
    const groups = this.#newGroups()
    const isCounted = isSummarized(this.#wanted)
    const counts = planCounts(this.#units, this.#filter, this.#wanted.barUs)
    const summarized = isCounted ? counts.summarized : []
    const scanned = isCounted ? counts.scanned : this.#units
    const [unanswered, walked] = await bothDone(
      this.#summarize(summarized, groups),
      this.#walk(scanned, groups, true),
    )
    if (unanswered.length > 0) {
      for (const unit of unanswered) {
        if (unit.type === 'stored') this.#explain.damagedIndex(unit.segmentId)
      }
      const again = await this.#walk(unanswered, groups)
      this.#explain.damaged(again.damaged)
    }
    if (groups.excess !== null) throw tooManyGroups(groups.excess, this.#wanted)
    this.#explainWalk(walked, summarized.length)
    return await this.#tabulated(groups)
  }

  /** On a worker: quantiles and sorting take time. */
  async #tabulated(groups: Groups): Promise<Answer> {
    const { pool, signal } = this.#tools
    const part = groups.part()
    const total = part.rows.reduce((sum, rows) => sum + rows, 0)
    const { stages, rowsMax } = this.#input
    const input: TabulateInput = { stages, part, wanted: this.#wanted, rowsMax }
    const transfer = buffersOf(part.numbers)
    const table = await pool.run<Table>('store-tabulate', input, { transfer, signal })
    return { total, table }
  }

  async #wide(plan: WidePlan): Promise<Answer> {
    const others = this.#units.filter(unit => !plan.covered.has(unit))
    const [number] = this.#wanted.numbers
    const each = number === undefined ? [] : [{ ...number, isEach: true }]
    const { memory } = this.#tools
    const extra = new Groups({ ...this.#wanted, numbers: each }, bytes =>
      memory.hold('groups', bytes),
    )
    const walked = await this.#walk(others, extra, true)
    this.#explainWalk(walked, 0)
    this.#explain.add('units_wide', plan.covered.size)
    const measured = await this.#tools.wide?.run(plan, extra.part(), this.#question())
    // What DuckDB could not is scanned: slower, never wrong.
    if (measured === null || measured === undefined) return await this.#grouped()
    if (measured.length > ANALYSIS_GROUPS_MAX) throw tooManyGroups('groups', this.#wanted)
    memory.hold('groups', extra.bytes + measuredBytes(measured))
    const { stages, rowsMax } = this.#input
    const total = measured.reduce((sum, { rows }) => sum + rows, 0)
    if (this.#stage.type !== 'uniq') return { total, table: tabulate(stages, measured, rowsMax) }
    return { total, table: tabulateCount(stages, measured[0]?.barUs ?? 0) }
  }

  #question(): WideQuestion {
    const { segments } = this.#snapshot
    const { signal } = this.#tools
    const measures = measuresOf(this.#stage)
    const told = toldOf(this.#stage)
    return {
      wanted: this.#wanted,
      measures,
      told,
      filter: this.#filter,
      units: this.#units,
      segments,
      signal,
    }
  }

  async #summarize(units: readonly Unit[], groups: Groups): Promise<readonly Unit[]> {
    const sum = { type: 'groups', wanted: this.#wanted, groups } as const
    const step = { ...this.#tools, filter: this.#filter, sum }
    const recent = units.filter(unit => unit.type === 'recent')
    const stored = units.filter(unit => unit.type === 'stored')
    const [, unanswered] = await bothDone(countRecent(recent, step), summarizeStored(stored, step))
    return unanswered
  }

  #walk(units: readonly Unit[], groups: Groups, isWatched = false): Promise<WalkResult> {
    const nothing = { keys: null, counted: new Set<Unit>(), tally: NO_TALLY }
    const plan = { units, filter: this.#filter, groups, grouped: new Set(units), ...nothing }
    const { watch, ...tools } = this.#tools
    if (watch === undefined || !isWatched) return walk(plan, tools)
    // Those that summaries or DuckDB answer are done last, all at once.
    const parts = this.#units.length
    return walk(plan, {
      ...tools,
      watch: look => watch(() => progressOf(look(), groups, parts)),
    })
  }

  #explainWalk(walked: WalkResult, summarized: number): void {
    this.#explain.walked(walked, { reachable: this.#units.length, summarized })
  }
}

function progressOf(
  { unitsDone: partsDone, rowsRead, bytesRead }: WalkProgress,
  { total }: Groups,
  parts: number,
): Progress {
  return { partsDone, parts, rowsRead, bytesRead, total, histogram: [] }
}

function toldOf(stage: GroupingStage): WideTold {
  if (stage.type === 'top') return { type: 'top', count: stage.count }
  return { type: stage.type === 'uniq' ? 'uniq' : 'all' }
}
