/** Patterns of the rows that match, over one pinned version: counted, joined, with examples. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import { templateOfText } from '#actors/processing/patterns/template.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { inLanes } from './lanes.ts'
import { type OpenSummary, summarizePatterns, withExamples } from './pattern-summaries.ts'
import { filterFor, reachableUnits, walkOrder } from './plan.ts'
import { type HeldMemory, ROW_CHAR_BYTES, rowBytes, tooMuchMemory } from './query-memory.ts'
import { receivedMaxUs } from './search.ts'
import type { Snapshot, Unit } from './snapshot.ts'
import type { PatternsInput, PatternsResult } from './store.ts'
import type { CountedWordings, CountWordingsInput } from './tasks/count-wordings.ts'
import type { FetchInput, FetchResult } from './tasks/fetch.ts'
import type { UnitRef } from './units.ts'
import { cancelled, plainFilter, type UnitDamage } from './walk.ts'
import { WordingCounter } from './wording-counts.ts'

export interface PatternTools {
  readonly pool: TaskPool
  readonly lanes: number
  readonly signal: AbortSignal
  readonly pathOf: (segmentId: number) => string
  readonly groups: PatternGroups
  readonly memory: HeldMemory
  readonly onDamaged: (damage: UnitDamage) => void
}

/** Rows of a task: a few milliseconds of work. */
const TASK_ROWS_MAX = 262_144

export async function countPatterns(
  snapshot: Snapshot,
  input: PatternsInput,
  tools: PatternTools,
): Promise<PatternsResult> {
  const { receivedFromUs } = snapshot
  const ingestedStartUs = Math.max(input.ingestedStartUs, receivedFromUs)
  const filter: RowFilter = plainFilter({ ...input, ingestedStartUs })
  // The newest first: examples come from there.
  const units = walkOrder(reachableUnits(snapshot.units, filter), 'desc')
  const barUs = input.barUsOf(...timesOf(units, filter))
  const sum = new WordingCounter(barUs)
  await inLanes(tasksOf(units), tools.lanes, async places => {
    const refs = places.map(at => refOf(units[at] as Unit, at, tools))
    const counting = places.map(at => units[at] as Unit)
    const asked: CountWordingsInput = { units: refs, filter: filterFor(counting, filter), barUs }
    const { pool, signal } = tools
    const options = cancelled(refs, signal)
    const counted = await pool.run<CountedWordings>('store-count-wordings', asked, options)
    signal.throwIfAborted()
    sum.merge(counted.counts)
    for (const { id, reason } of counted.damaged) {
      tools.onDamaged({ unit: units[id] as Unit, reason })
    }
  })
  const { patterns, ...numbers } = summarizePatterns(sum.counts, tools.groups, input.limit)
  const examples = input.examples ? await examplesOf(patterns, units, tools) : []
  return {
    ...numbers,
    barUs,
    positions: snapshot.positions,
    receivedAtUs: receivedMaxUs(snapshot),
    explain: { segments: snapshot.segments.length, units: units.length },
    patterns: patterns.map((pattern, i) =>
      withExamples(pattern, examples[i] ?? [], json => {
        const { message } = JSON.parse(json) as { readonly message?: string }
        return templateOfText(message ?? '')
      }),
    ),
  }
}

/** Of the first and the last row that may match. */
function timesOf(
  units: readonly Unit[],
  { startUs, endUs }: RowFilter,
): readonly [firstUs: number, lastUs: number] {
  const first = units.reduce((min, { timeMinUs }) => Math.min(min, timeMinUs), endUs)
  const last = units.reduce((max, { timeMaxUs }) => Math.max(max, timeMaxUs), startUs)
  return [Math.max(first, startUs), Math.min(last, endUs)]
}

function tasksOf(units: readonly Unit[]): number[][] {
  const tasks: number[][] = []
  let rows = TASK_ROWS_MAX
  for (const [at, unit] of units.entries()) {
    if (rows >= TASK_ROWS_MAX) {
      tasks.push([])
      rows = 0
    }
    tasks.at(-1)?.push(at)
    rows += unit.rows
  }
  return tasks
}

function refOf(unit: Unit, id: number, { pathOf }: Pick<PatternTools, 'pathOf'>): UnitRef {
  if (unit.type === 'recent') return { type: 'recent', id, parts: unit.parts }
  const { segmentId, group, deleted } = unit
  const mask = deleted?.mask ?? null
  return { type: 'stored', id, path: pathOf(segmentId), group, blocks: null, deleted: mask }
}

/** Rows as JSON text for each pattern; each unit is opened once. */
async function examplesOf(
  patterns: readonly OpenSummary[],
  units: readonly Unit[],
  tools: PatternTools,
): Promise<readonly string[][]> {
  const { perQueryBytes } = tools.memory.limits
  const found = patterns.map((): string[] => [])
  let bytes = 0
  const byUnit = new Map<number, { readonly row: number; readonly pattern: number }[]>()
  for (const [pattern, { examples }] of patterns.entries()) {
    const { unit, rows } = examples
    const known = byUnit.get(unit) ?? []
    byUnit.set(unit, [...known, ...rows.map(row => ({ row, pattern }))])
  }
  await inLanes(byUnit, tools.lanes, async ([at, places]) => {
    places.sort((a, b) => a.row - b.row)
    const unit = refOf(units[at] as Unit, at, tools)
    const asked: FetchInput = {
      unit,
      numbers: Uint32Array.from(places, ({ row }) => row),
      fields: null,
      charsMax: perQueryBytes / ROW_CHAR_BYTES,
    }
    const { pool, signal } = tools
    const result = await pool.run<FetchResult>('store-fetch', asked, cancelled([unit], signal))
    signal.throwIfAborted()
    if (result.isTooMuch) throw tooMuchMemory('rows', perQueryBytes)
    const { rows } = result
    bytes += rowBytes(rows)
    tools.memory.hold('rows', bytes)
    for (const [i, row] of rows.entries()) found[places[i]?.pattern ?? 0]?.push(row)
  })
  return found
}
