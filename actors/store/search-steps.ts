/** The steps of a search that run tasks beside the walk: counts from summaries, rows by key. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { TaskPool } from '#runtime/threads.ts'
import type { Groups } from './analysis/groups.ts'
import type { GroupsWanted } from './analysis/groups-wanted.ts'
import { compileCellFilter } from './cell-filter.ts'
import { inLanes } from './lanes.ts'
import { type HeldMemory, ROW_CHAR_BYTES, rowBytes, tooMuchMemory } from './query-memory.ts'
import type { RowKeys } from './row-keys.ts'
import type { RecentUnit, StoredUnit, Unit } from './snapshot.ts'
import type { Cells, Tally, TallyWanted } from './tally.ts'
import type { SegmentGroups } from './tasks/answer-groups.ts'
import type { CountBatchesInput } from './tasks/count-batches.ts'
import type { NumbersCounted } from './tasks/count-numbers.ts'
import type { FetchInput, FetchResult } from './tasks/fetch.ts'
import type { SummarizeInput, SummarizeResult } from './tasks/summarize.ts'
import type { UnitRef } from './units.ts'
import { cancelled, plainFilter, type UnitDamage, type WalkResult } from './walk.ts'

interface StepTools {
  readonly pool: TaskPool
  readonly lanes: number
  readonly signal: AbortSignal
  readonly pathOf: (segmentId: number) => string
}

interface CountStep extends StepTools {
  readonly filter: RowFilter
  /** What is counted: rows by level, service and bar, or groups. */
  readonly sum:
    | { readonly type: 'tally'; readonly wanted: TallyWanted; readonly tally: Tally }
    | { readonly type: 'groups'; readonly wanted: GroupsWanted; readonly groups: Groups }
}

/** Adds the counts of recent batches; each batch is counted once, whoever asks first. */
export async function countRecent(units: readonly RecentUnit[], step: CountStep): Promise<void> {
  const filter = compileCellFilter(step.filter)
  const sum = step.sum.type === 'tally' ? step.sum.tally : step.sum.groups
  await inLanes(units, step.lanes, async unit => {
    for (const cells of await cellsOf(unit, step)) {
      if (filter !== null) sum.addCells(cells, filter)
    }
  })
}

async function cellsOf(unit: RecentUnit, { pool }: StepTools): Promise<readonly Cells[]> {
  const { chunk, parts } = unit
  while (chunk.counted.length < parts.length) {
    chunk.counting ??= countMore(unit, pool)
    await chunk.counting
  }
  return chunk.counted.slice(0, parts.length)
}

/** Not bound to the signal of one search: others may wait for the same counts, and its memory. */
async function countMore({ chunk, parts }: RecentUnit, pool: TaskPool): Promise<void> {
  try {
    const input: CountBatchesInput = { parts: parts.slice(chunk.counted.length) }
    chunk.counted.push(...(await pool.run<Cells[]>('store-count-batches', input)))
  } finally {
    chunk.counting = null
  }
}

/** Adds the counts of row groups; answers those whose summary cannot be read. */
export async function summarizeStored(
  units: readonly StoredUnit[],
  step: CountStep,
): Promise<StoredUnit[]> {
  const { pool, lanes, pathOf, signal, filter, sum } = step
  const unanswered: StoredUnit[] = []
  const shares = shareOut(units, lanes)
  await inLanes(shares, lanes, async share => {
    const input: SummarizeInput = {
      segments: groupsByPath(share, pathOf),
      filter: plainFilter(filter),
      tally: sum.type === 'tally' ? sum.wanted : NO_TALLY,
      groups: sum.type === 'groups' ? sum.wanted : null,
    }
    const result = await pool.run<SummarizeResult>('store-summarize', input, { signal })
    if (sum.type === 'tally') sum.tally.merge(result.tally)
    else if (result.groups !== null) sum.groups.merge(result.groups)
    unanswered.push(...share.filter(unit => isAmong(result.unanswered, unit, pathOf)))
  })
  return unanswered
}

/** Row groups whose numbers one task adds up: some tens of milliseconds. */
const NUMBER_GROUPS_MAX = 160

export interface UncountedNumbers {
  /** Their rows have to be read. */
  readonly uncounted: readonly StoredUnit[]
  readonly damagedSegments: readonly number[]
}

/** Adds the numbers of row groups that their indexes counted by service. */
export async function countNumbers(
  units: readonly StoredUnit[],
  step: StepTools & { readonly filter: RowFilter; readonly groups: Groups },
): Promise<UncountedNumbers> {
  const { pool, lanes, pathOf, signal, filter, groups } = step
  const uncounted: StoredUnit[] = []
  const damaged = new Set<number>()
  const rounds = Math.ceil(units.length / (lanes * NUMBER_GROUPS_MAX))
  const shares = shareOut(units, lanes * Math.max(1, rounds))
  await inLanes(shares, lanes, async share => {
    const segments = groupsByPath(share, pathOf)
    const input = { segments, filter: plainFilter(filter), wanted: groups.wanted }
    const result = await pool.run<NumbersCounted>('store-count-numbers', input, { signal })
    groups.merge(result.groups)
    uncounted.push(...share.filter(unit => isAmong(result.unanswered, unit, pathOf)))
    for (const { segmentId } of share) {
      if (result.damaged.includes(pathOf(segmentId))) damaged.add(segmentId)
    }
  })
  return { uncounted, damagedSegments: [...damaged] }
}

const NO_TALLY: TallyWanted = { levels: false, services: false, barUs: null }

/** About equal shares, all row groups of a segment in one. */
function shareOut(units: readonly StoredUnit[], shares: number): StoredUnit[][] {
  const rest = [...units].sort((a, b) => a.segmentId - b.segmentId)
  const size = Math.ceil(rest.length / shares)
  const lots: StoredUnit[][] = []
  for (let at = 0; at < rest.length; at += size) lots.push(rest.slice(at, at + size))
  return lots
}

function groupsByPath(
  units: readonly StoredUnit[],
  pathOf: (segmentId: number) => string,
): SegmentGroups[] {
  const groups = new Map<number, number[]>()
  for (const { segmentId, group } of units) {
    const known = groups.get(segmentId)
    if (known === undefined) groups.set(segmentId, [group])
    else known.push(group)
  }
  return [...groups].map(([segmentId, numbers]) => ({ path: pathOf(segmentId), groups: numbers }))
}

function isAmong(
  groups: readonly SegmentGroups[],
  unit: StoredUnit,
  pathOf: (segmentId: number) => string,
): boolean {
  const path = pathOf(unit.segmentId)
  return groups.some(each => each.path === path && each.groups.includes(unit.group))
}

export interface FetchedRows {
  /** In the order of the keys; null = its row group is damaged. */
  readonly rows: readonly (string | null)[]
  readonly damaged: readonly UnitDamage[]
}

interface FetchTools extends StepTools {
  readonly fields: FetchInput['fields']
  readonly memory: HeldMemory
}

/** Rows as JSON text, or arrays of some of their fields. */
export async function fetchKeys(
  keys: RowKeys,
  { order, blocks }: WalkResult,
  { pool, lanes, signal, pathOf, fields, memory }: FetchTools,
): Promise<FetchedRows> {
  const { perQueryBytes } = memory.limits
  const charsMax = perQueryBytes / ROW_CHAR_BYTES
  let bytes = 0
  const rows = Array.from({ length: keys.count }, (): string | null => null)
  const damaged: UnitDamage[] = []
  await inLanes(fetches(keys, lanes), lanes, async ([at, places]) => {
    const unit = order[at] as Unit
    const input: FetchInput = {
      unit: unitRef(unit, at, { blocks: blocks[at] ?? null, pathOf }),
      numbers: Uint32Array.from(places, place => keys.index[place] as number),
      fields,
      charsMax,
    }
    const options = cancelled([input.unit], signal)
    const result = await pool.run<FetchResult>('store-fetch', input, options)
    signal.throwIfAborted()
    if (result.isTooMuch) throw tooMuchMemory('rows', perQueryBytes)
    bytes += rowBytes(result.rows)
    memory.hold('rows', bytes)
    if (result.damage !== null) damaged.push({ unit, reason: result.damage })
    for (const [i, place] of places.entries()) rows[place] = result.rows[i] ?? null
  })
  return { rows, damaged }
}

/** About the rows of a block of a full row group: neighbours are read from the same pages. */
const BLOCK_ROWS = 2_048
/** Rows from so many blocks are worth two tasks; each reads some columns as a whole. */
const FETCH_BLOCKS_MIN = 8

/** Places of keys by unit, ascending by row number, in pieces for tasks. */
function fetches(keys: RowKeys, lanes: number): (readonly [at: number, places: number[]])[] {
  const byUnit = new Map<number, number[]>()
  for (let i = 0; i < keys.count; i++) {
    const unit = keys.unit[i] as number
    const known = byUnit.get(unit)
    if (known === undefined) byUnit.set(unit, [i])
    else known.push(i)
  }
  const indexOf = (place: number): number => keys.index[place] as number
  return [...byUnit].flatMap(([at, places]) => {
    places.sort((a, b) => indexOf(a) - indexOf(b))
    const blocks = new Set(places.map(place => Math.floor(indexOf(place) / BLOCK_ROWS)))
    const pieces = blocks.size >= FETCH_BLOCKS_MIN ? lanes : 1
    const size = Math.ceil(places.length / pieces)
    return Array.from(
      { length: pieces },
      (_, i) => [at, places.slice(i * size, (i + 1) * size)] as const,
    )
  })
}

function unitRef(
  unit: Unit,
  id: number,
  {
    blocks,
    pathOf,
  }: { readonly blocks: number | null; readonly pathOf: (segmentId: number) => string },
): UnitRef {
  return unit.type === 'recent'
    ? { type: 'recent', id, parts: unit.parts }
    : { type: 'stored', id, path: pathOf(unit.segmentId), group: unit.group, blocks, deleted: null }
}
