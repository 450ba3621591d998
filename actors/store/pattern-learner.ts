/** Learns the wordings of projects that are searched, a project at a time in one place. */
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import { ProjectWordings } from './known-wordings.ts'
import type { ManifestRecord, SegmentMeta } from './manifest.ts'
import type { Snapshot } from './snapshot.ts'
import { type LearnTools, StoredWordings } from './stored-wordings.ts'

/**
 * Rows that a search waits for to be looked through, a tenth of a second of work at most. What is
 * behind by more, as all is after a start, is learned meanwhile.
 */
const AWAITED_ROWS_MAX = 262_144

export interface PatternLearnerOptions extends LearnTools {
  readonly pin: (projectId: string) => Snapshot
  readonly onFault: (error: Error) => void
}

export class PatternLearner {
  readonly #options: PatternLearnerOptions
  readonly #projects: ProjectWordings<StoredWordings>
  readonly #running = new Map<StoredWordings, Promise<void>>()
  #closed = false

  constructor(options: PatternLearnerOptions) {
    this.#options = options
    this.#projects = new ProjectWordings(() => new StoredWordings())
  }

  /** `whole`: of all rows; otherwise perhaps without those that take long to look through. */
  async groups(projectId: string, whole: boolean): Promise<PatternGroups> {
    const wordings = this.#projects.of(projectId)
    if (whole) {
      // What is under way may have begun before the newest rows came, and may fail.
      await Promise.allSettled([this.#running.get(wordings)])
      await this.#learn(projectId, wordings)
    } else {
      const snapshot = this.#options.pin(projectId)
      const rows = wordings.rowsBehind(snapshot)
      snapshot.release()
      const learning = rows === 0 ? null : this.#learn(projectId, wordings)
      if (rows <= AWAITED_ROWS_MAX) await learning
      else learning?.catch((error: Error) => this.#closed || this.#options.onFault(error))
    }
    return await wordings.known.groups(this.#options.pool)
  }

  /** To be told of every record before it is applied to `segments`. */
  follow(record: ManifestRecord, segments: ReadonlyMap<number, SegmentMeta>): void {
    if (record.type !== 'publish' || record.removed.length === 0) return
    for (const [projectId, wordings] of this.#projects.entries()) {
      const isOf = ({ groups }: SegmentMeta): boolean =>
        groups.some(group => group.projectId === projectId)
      const replaced = record.removed.flatMap(id => segments.get(id) ?? []).filter(isOf)
      const added = record.added.filter(isOf)
      wordings.replaced(
        replaced.map(({ id }) => id),
        added.map(({ id }) => id),
      )
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running.values())
  }

  #learn(projectId: string, wordings: StoredWordings): Promise<void> {
    const running = this.#running.get(wordings)
    if (running !== undefined) return running
    const learning = this.#learnPinned(projectId, wordings).finally(() => {
      this.#running.delete(wordings)
    })
    this.#running.set(wordings, learning)
    return learning
  }

  async #learnPinned(projectId: string, wordings: StoredWordings): Promise<void> {
    const snapshot = this.#options.pin(projectId)
    try {
      await wordings.learn(snapshot, this.#options)
    } finally {
      snapshot.release()
    }
  }
}
