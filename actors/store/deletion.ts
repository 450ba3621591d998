/**
 * Finds the rows of segments that a filter deletes. What is found becomes one manifest record; from
 * then on no search sees them, and a compaction leaves them out.
 */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type DeletedRows, packDeleted } from './deleted-rows.ts'
import { inLanes } from './lanes.ts'
import type { DeletedGroup } from './manifest.ts'
import { reachableUnits } from './plan.ts'
import type { Damage } from './search-explain.ts'
import type { Snapshot, StoredUnit } from './snapshot.ts'
import type { ProbeInput, ProbeResult } from './tasks/probe.ts'
import type { SelectInput, SelectResult } from './tasks/select.ts'
import { plainFilter } from './walk.ts'

export interface DeletionTools {
  readonly pool: TaskPool
  readonly lanes: number
  readonly pathOf: (segmentId: number) => string
  readonly onDamaged: (damage: Damage) => void
}

export interface FoundRows {
  /** Row groups with what was deleted of them before as well. */
  readonly groups: readonly DeletedGroup[]
  /** Rows found now. */
  readonly rows: number
}

/** Row groups that cannot be read are told, and keep their rows, which nobody sees. */
export async function findDeleted(
  snapshot: Snapshot,
  filter: RowFilter,
  tools: DeletionTools,
): Promise<FoundRows> {
  const ingestedStartUs = Math.max(filter.ingestedStartUs, snapshot.receivedFromUs)
  const plain = plainFilter({ ...filter, ingestedStartUs })
  const stored = snapshot.units.filter(unit => unit.type === 'stored')
  const groups: DeletedGroup[] = []
  let rows = 0
  await inLanes(bySegment(reachableUnits(stored, plain)), tools.lanes, async units => {
    for (const { unit, deleted } of await selectRows(units, plain, tools)) {
      groups.push({ segmentId: unit.segmentId, group: unit.group, ...deleted })
      rows += deleted.rows - (unit.deleted?.rows ?? 0)
    }
  })
  return { groups, rows }
}

async function selectRows(
  units: readonly StoredUnit[],
  filter: RowFilter,
  { pool, pathOf, onDamaged }: DeletionTools,
): Promise<{ readonly unit: StoredUnit; readonly deleted: DeletedRows }[]> {
  const path = pathOf((units[0] as StoredUnit).segmentId)
  const probe: ProbeInput = {
    segments: [{ path, groups: units.map(({ group }) => group) }],
    filter,
  }
  const { blocks } = await pool.run<ProbeResult>('store-probe', probe)
  const input: SelectInput = {
    filter,
    units: units.flatMap(({ group, deleted }, id) => {
      const mask = blocks[id] as number
      if (mask === 0) return []
      const read = mask < 0 ? null : mask
      return [{ type: 'stored', id, path, group, blocks: read, deleted: deleted?.mask ?? null }]
    }),
  }
  const { found, damaged } = await pool.run<SelectResult>('store-select', input)
  for (const { id, reason } of damaged) {
    const { segmentId, group } = units[id] as StoredUnit
    onDamaged({ segmentId, group, reason })
  }
  return found.map(({ id, numbers }) => {
    const unit = units[id] as StoredUnit
    return { unit, deleted: packDeleted(numbers, unit.groupRows, unit.deleted) }
  })
}

function bySegment(units: readonly StoredUnit[]): StoredUnit[][] {
  const segments = new Map<number, StoredUnit[]>()
  for (const unit of units) {
    const known = segments.get(unit.segmentId)
    if (known === undefined) segments.set(unit.segmentId, [unit])
    else known.push(unit)
  }
  return [...segments.values()]
}
