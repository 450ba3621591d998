/**
 * Opens the units of a search in order of time, from the wanted end, on the worker pool: places in
 * order until no unopened unit can have an earlier one, counts and groups from all units that have
 * to be read for them.
 */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { QueryTerm } from '#proto/query/tree.ts'
import type { RunOptions, TaskPool } from '#runtime/threads.ts'
import type { Groups } from './analysis/groups.ts'
import { tooManyGroups } from './analysis/too-many.ts'
import { inLanes } from './lanes.ts'
import { filterFor, hasRowsBehind, isBehind, walkOrder } from './plan.ts'
import { type KeySelection, mergeKeys, NO_KEYS, type RowKeys } from './row-keys.ts'
import type { StoredUnit, Unit } from './snapshot.ts'
import { Tally, type TallyWanted } from './tally.ts'
import type { ProbeInput, ProbeResult } from './tasks/probe.ts'
import type { ScanInput, ScanResult, ScanWanted } from './tasks/scan.ts'
import type { UnitRef } from './units.ts'

/**
 * A task takes units until they have so many rows to look at: few at first, as the newest rows are
 * often enough, then a few milliseconds of work.
 */
const TASK_ROWS_FIRST = 1_024
const TASK_ROWS_MAX = 32_768
/** Numbers of several row groups are counted together before they go to the main thread. */
const NUMBERS_ROWS_MAX = 131_072
/** Row groups whose indexes are asked at once; more each time, as a walk that goes on goes far. */
const PROBE_GROUPS_FIRST = 64
const PROBE_GROUPS_MAX = 1_024

export interface WalkOptions {
  readonly pool: TaskPool
  readonly signal: AbortSignal
  readonly lanes: number
  readonly pathOf: (segmentId: number) => string
  /** Is given what tells how far the walk has come. */
  readonly watch?: ((look: () => WalkProgress) => void) | undefined
}

export interface WalkProgress {
  /** Units that are dealt with, read or not. */
  readonly unitsDone: number
  readonly rowsRead: number
  readonly bytesRead: number
  readonly tally: Tally
}

export interface WalkPlan {
  readonly units: readonly Unit[]
  readonly filter: RowFilter
  /** null = no rows wanted. */
  readonly keys: KeySelection | null
  /** Units whose rows have to be counted. */
  readonly counted: ReadonlySet<Unit>
  readonly tally: TallyWanted
  /** What the rows of the units in `grouped` are added to. */
  readonly groups: Groups | null
  readonly grouped: ReadonlySet<Unit>
}

/** A unit that could not be read. */
export interface UnitDamage {
  readonly unit: Unit
  readonly reason: string
}

export interface WalkResult {
  /** `unit` is the place in `order`. */
  readonly keys: RowKeys
  readonly order: readonly Unit[]
  /** Blocks to read of each unit of `order`; null = all. */
  readonly blocks: readonly (number | null)[]
  readonly tally: Tally
  readonly unitsRead: number
  /** Units of which an index said that nothing is in them. */
  readonly unitsPruned: number
  readonly rowsRead: number
  readonly bytesRead: number
  readonly damaged: readonly UnitDamage[]
  /** Paths of segments whose index did not answer. */
  readonly damagedIndexes: ReadonlySet<string>
}

export async function walk(plan: WalkPlan, options: WalkOptions): Promise<WalkResult> {
  const run = new Walk(plan, options)
  options.watch?.(() => run.progress())
  await run.run()
  return run.result()
}

interface ScanTask {
  readonly units: readonly UnitRef[]
  readonly wanted: ScanWanted
}

class Walk {
  readonly #plan: WalkPlan
  readonly #options: WalkOptions
  readonly #order: readonly Unit[]
  /** Per unit of the order: undefined = not asked yet, null = all blocks, 0 = none. */
  readonly #blocks: (number | null | undefined)[]
  readonly #candidateRows: number[]
  readonly #tally: Tally
  readonly #damaged: UnitDamage[] = []
  readonly #damagedIndexes = new Set<string>()
  readonly #isSelective: boolean
  #keys = NO_KEYS
  #probeGroups = PROBE_GROUPS_FIRST
  #unitsRead = 0
  #rowsRead = 0
  #bytesRead = 0
  /** Places of the order up to which units were given to tasks or passed. */
  #passed = 0
  #unitsRunning = 0

  constructor(plan: WalkPlan, options: WalkOptions) {
    this.#plan = plan
    this.#options = options
    const order = plan.keys?.order ?? 'desc'
    this.#order = walkOrder(plan.units, order)
    const { query, services, levels } = plan.filter
    this.#isSelective = query.terms.length + services.length + levels.length > 0
    if (query.terms.some(isOfFewRows)) this.#probeGroups = PROBE_GROUPS_MAX
    this.#blocks = this.#order.map(unit =>
      unit.type === 'stored' && this.#isSelective ? undefined : null,
    )
    this.#candidateRows = this.#order.map(unit => unit.rows)
    this.#tally = new Tally(plan.tally)
  }

  run(): Promise<void> {
    return inLanes(this.#tasks(), this.#options.lanes, task => this.#scan(task))
  }

  progress(): WalkProgress {
    return {
      unitsDone: this.#passed - this.#unitsRunning,
      rowsRead: this.#rowsRead,
      bytesRead: this.#bytesRead,
      tally: this.#tally,
    }
  }

  result(): WalkResult {
    return {
      keys: this.#keys,
      order: this.#order,
      blocks: this.#blocks.map(blocks => blocks ?? null),
      tally: this.#tally,
      unitsRead: this.#unitsRead,
      unitsPruned: this.#blocks.filter(blocks => blocks === 0).length,
      rowsRead: this.#rowsRead,
      bytesRead: this.#bytesRead,
      damaged: this.#damaged,
      damagedIndexes: this.#damagedIndexes,
    }
  }

  /** Asked for the next task only when a lane is free, so that it knows what was found by then. */
  async *#tasks(): AsyncGenerator<ScanTask, void, void> {
    let units: UnitRef[] = []
    let rows = 0
    const { keys, groups } = this.#plan
    const most =
      groups !== null && groups.wanted.numbers.length > 0 ? NUMBERS_ROWS_MAX : TASK_ROWS_MAX
    let rowsMax = keys === null ? most : TASK_ROWS_FIRST
    let wanted: ScanWanted = NOTHING
    for (let at = 0; at < this.#order.length; at++) {
      this.#passed = at
      if (this.#wantedOf(at) === NOTHING) continue
      if (this.#blocks[at] === undefined) await this.#probe(at)
      if (this.#blocks[at] === 0) continue
      const next = this.#wantedOf(at)
      if (next === NOTHING) continue
      if (units.length > 0 && !isSame(wanted, next)) {
        yield { units, wanted }
        units = []
        rows = 0
      }
      wanted = next
      units.push(this.#refOf(at))
      this.#passed = at + 1
      this.#unitsRunning++
      rows += this.#candidateRows[at] as number
      if (rows < rowsMax) continue
      yield { units, wanted }
      rowsMax = Math.min(rowsMax * 2, most)
      units = []
      rows = 0
    }
    this.#passed = this.#order.length
    if (units.length > 0) yield { units, wanted }
  }

  #wantedOf(at: number): ScanWanted {
    const { keys, counted, tally, groups, grouped } = this.#plan
    const unit = this.#order[at] as Unit
    const wantsKeys = keys !== null && this.#mayHaveKeys(unit, keys)
    const wantsTally = counted.has(unit)
    const wantsGroups = groups !== null && grouped.has(unit)
    if (!wantsKeys && !wantsTally && !wantsGroups) return NOTHING
    return {
      keys: wantsKeys ? keys : null,
      tally: wantsTally ? tally : null,
      groups: wantsGroups ? groups.wanted : null,
    }
  }

  #mayHaveKeys(unit: Unit, { order, limit, after }: KeySelection): boolean {
    if (after !== null && !hasRowsBehind(unit, order, after.timeUs)) return false
    if (this.#keys.count < limit) return true
    return !isBehind(unit, order, this.#keys.timeUs[limit - 1] as number)
  }

  #refOf(at: number): UnitRef {
    const unit = this.#order[at] as Unit
    if (unit.type === 'recent') return { type: 'recent', id: at, parts: unit.parts }
    const path = this.#options.pathOf(unit.segmentId)
    const { group, deleted } = unit
    const blocks = this.#blocks[at] ?? null
    return { type: 'stored', id: at, path, group, blocks, deleted: deleted?.mask ?? null }
  }

  async #scan({ units, wanted }: ScanTask): Promise<void> {
    const { pool, signal } = this.#options
    const scanned = units.map(({ id }) => this.#order[id] as Unit)
    const filter = filterFor(scanned, plainFilter(this.#plan.filter))
    const input: ScanInput = { units, filter, wanted }
    const result = await pool.run<ScanResult>('store-scan', input, cancelled(units, signal))
    signal.throwIfAborted()
    this.#unitsRead += units.length
    this.#rowsRead += result.rowsRead
    this.#bytesRead += result.bytesRead
    this.#unitsRunning -= units.length
    if (result.tally !== null) this.#tally.merge(result.tally)
    const { groups } = this.#plan
    if (result.groups !== null) groups?.merge(result.groups)
    if (groups !== null && groups.excess !== null) {
      throw tooManyGroups(groups.excess, groups.wanted)
    }
    if (this.#plan.keys !== null) this.#keys = mergeKeys(this.#keys, result.keys, this.#plan.keys)
    for (const { id, reason } of result.damaged) {
      this.#damaged.push({ unit: this.#order[id] as Unit, reason })
    }
  }

  /** Asks the indexes of the next units that are wanted, half of them on each thread. */
  async #probe(from: number): Promise<void> {
    const asked: number[] = []
    for (let at = from; at < this.#order.length && asked.length < this.#probeGroups; at++) {
      if (this.#blocks[at] === undefined && this.#wantedOf(at) !== NOTHING) asked.push(at)
    }
    this.#probeGroups = Math.min(this.#probeGroups * 4, PROBE_GROUPS_MAX)
    const segmentOf = (at: number): number => (this.#order[at] as StoredUnit).segmentId
    asked.sort((a, b) => segmentOf(a) - segmentOf(b))
    const middle = Math.ceil(asked.length / 2)
    const halves = [asked.slice(0, middle), asked.slice(middle)]
    await Promise.all(halves.map(half => this.#probePlaces(half)))
  }

  /** Places come segment by segment. */
  async #probePlaces(asked: readonly number[]): Promise<void> {
    if (asked.length === 0) return
    const { pool, signal, pathOf } = this.#options
    const bySegment = new Map<number, number[]>()
    for (const at of asked) {
      const { segmentId } = this.#order[at] as StoredUnit
      const known = bySegment.get(segmentId)
      if (known === undefined) bySegment.set(segmentId, [at])
      else known.push(at)
    }
    const segments = Array.from(bySegment, ([segmentId, places]) => ({
      path: pathOf(segmentId),
      groups: places.map(at => (this.#order[at] as StoredUnit).group),
    }))
    const input: ProbeInput = { segments, filter: plainFilter(this.#plan.filter) }
    const { blocks, rows, damaged } = await pool.run<ProbeResult>('store-probe', input, { signal })
    for (const path of damaged) this.#damagedIndexes.add(path)
    for (const [i, at] of asked.entries()) {
      const mask = blocks[i] as number
      this.#blocks[at] = mask < 0 ? null : mask
      if (mask >= 0) this.#candidateRows[at] = rows[i] as number
    }
  }
}

const NOTHING: ScanWanted = { tally: null, keys: null, groups: null }

/** An id: no page is filled by the newest rows, so that all indexes are asked at once. */
function isOfFewRows(term: QueryTerm): boolean {
  if (term.type === 'phrase') return term.hex !== null
  if (term.type === 'any') return term.terms.every(isOfFewRows)
  if (term.type !== 'field' && term.type !== 'exact') return false
  return term.field === 'id' || term.field === 'trace_id' || term.field === 'span_id'
}

function isSame(a: ScanWanted, b: ScanWanted): boolean {
  return a.tally === b.tally && a.keys === b.keys && a.groups === b.groups
}

/**
 * Whether a task may be left alone when its search is cancelled. One that reads recent batches is
 * waited for: their memory is used again once the search has let them go.
 */
export function cancelled(units: readonly UnitRef[], signal: AbortSignal): RunOptions {
  return units.some(({ type }) => type === 'recent') ? {} : { signal }
}

/** Only what crosses threads; a search's input has more. */
export function plainFilter(filter: RowFilter): RowFilter {
  const { query, services, levels, startUs, endUs, ingestedStartUs, ingestedEndUs } = filter
  return { query, services, levels, startUs, endUs, ingestedStartUs, ingestedEndUs }
}
