/** What a search says about its work, and about segments that it could not read. */
import type { Snapshot, Unit } from './snapshot.ts'
import type { UnitDamage, WalkResult } from './walk.ts'

export interface Damage {
  readonly segmentId: number
  readonly group: number | null
  readonly reason: string
}

interface ExplainTools {
  readonly pathOf: (segmentId: number) => string
  /** Tells of a row group, or of an index (group null), that cannot be read. */
  readonly onDamaged: (damage: Damage) => void
}

export class SearchExplain {
  readonly #snapshot: Snapshot
  readonly #tools: ExplainTools
  readonly #counts: Record<string, number> = {}
  readonly #damaged = new Set<Unit>()

  constructor(snapshot: Snapshot, tools: ExplainTools) {
    this.#snapshot = snapshot
    this.#tools = tools
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  add(name: string, count: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + count
  }

  walked(
    result: WalkResult,
    { reachable, summarized }: { readonly reachable: number; readonly summarized: number },
  ): void {
    const { segments, units } = this.#snapshot
    this.add('segments', segments.length)
    this.add('units', units.length)
    this.add('units_out_of_range', units.length - reachable)
    this.add('units_summarized', summarized)
    this.add('units_pruned', result.unitsPruned)
    this.add('units_read', result.unitsRead)
    this.add('rows_read', result.rowsRead)
    this.add('bytes_read', result.bytesRead)
    this.damaged(result.damaged)
    for (const { id } of segments) {
      if (result.damagedIndexes.has(this.#tools.pathOf(id))) this.damagedIndex(id)
    }
  }

  /** A row group counts once, however often it was found to be damaged. */
  damaged(damaged: readonly UnitDamage[]): void {
    for (const { unit, reason } of damaged) {
      if (unit.type !== 'stored' || this.#damaged.has(unit)) continue
      this.#damaged.add(unit)
      const { segmentId, group } = unit
      this.add(`damaged rows in segment ${segmentId}`, unit.rows)
      this.#tools.onDamaged({ segmentId, group, reason })
    }
  }

  damagedIndex(segmentId: number): void {
    this.#counts[`damaged index of segment ${segmentId}`] = 1
    this.#tools.onDamaged({ segmentId, group: null, reason: 'index' })
  }
}
