/** Learns the wordings of a project from its units, each of which is looked through once. */
import type { TaskPool } from '#runtime/threads.ts'
import { KnownWordings, type Wordings } from './known-wordings.ts'
import { inLanes } from './lanes.ts'
import type { RecentUnit, Snapshot, StoredUnit, Unit } from './snapshot.ts'
import type { FindWordingsInput } from './tasks/find-wordings.ts'
import type { UnitRef } from './units.ts'

/** About the work of a few milliseconds. */
const TASK_ROWS_MAX = 131_072

export interface LearnTools {
  readonly pool: TaskPool
  readonly lanes: number
  readonly pathOf: (segmentId: number) => string
}

export class StoredWordings {
  readonly known = new KnownWordings()
  readonly #segments = new Set<number>()
  /** Batches of each chunk that were looked through. */
  #recent = new WeakMap<object, number>()

  /** Rows of units that were not looked through yet. */
  rowsBehind({ units }: Snapshot): number {
    return units.reduce((sum, unit) => sum + (this.#isLearned(unit) ? 0 : unit.rows), 0)
  }

  /** Must not be left alone: it reads what the snapshot has pinned. */
  async learn({ units }: Snapshot, { pool, lanes, pathOf }: LearnTools): Promise<void> {
    const behind = units.filter(unit => !this.#isLearned(unit))
    if (behind.length === 0) return
    const known = this.known.known()
    await inLanes(tasksOf(behind), lanes, async task => {
      const refs = task.map((unit, id) => this.#refOf(unit, id, pathOf))
      const input: FindWordingsInput = { units: refs, known }
      this.known.learn(await pool.run<Wordings>('store-find-wordings', input))
    })
    for (const unit of behind) this.#note(unit)
  }

  /** Segments were put together into others, which have no other rows. */
  replaced(removed: readonly number[], added: readonly number[]): void {
    const isLearned = removed.length > 0 && removed.every(id => this.#segments.has(id))
    for (const id of removed) this.#segments.delete(id)
    if (isLearned) for (const id of added) this.#segments.add(id)
  }

  #isLearned(unit: Unit): boolean {
    if (unit.type === 'stored') return this.#segments.has(unit.segmentId)
    return (this.#recent.get(unit.chunk) ?? 0) >= unit.parts.length
  }

  #note(unit: Unit): void {
    if (unit.type === 'stored') this.#segments.add(unit.segmentId)
    else {
      const learned = this.#recent.get(unit.chunk) ?? 0
      this.#recent.set(unit.chunk, Math.max(learned, unit.parts.length))
    }
  }

  #refOf(unit: StoredUnit | RecentUnit, id: number, pathOf: LearnTools['pathOf']): UnitRef {
    if (unit.type === 'stored') {
      const { segmentId, group } = unit
      return { type: 'stored', id, path: pathOf(segmentId), group, blocks: null, deleted: null }
    }
    return { type: 'recent', id, parts: unit.parts.slice(this.#recent.get(unit.chunk) ?? 0) }
  }
}

function tasksOf(units: readonly Unit[]): Unit[][] {
  const tasks: Unit[][] = []
  let rows = TASK_ROWS_MAX
  for (const unit of units) {
    if (rows >= TASK_ROWS_MAX) {
      tasks.push([])
      rows = 0
    }
    tasks.at(-1)?.push(unit)
    rows += unit.rows
  }
  return tasks
}
