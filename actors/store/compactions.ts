/**
 * Runs compactions in the background, one at a time: what is due after a flush, the rest at rest.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { planCompaction } from './compaction.ts'
import { compact } from './compactor.ts'
import type { ManifestState } from './manifest.ts'
import type { Damage } from './search-explain.ts'
import type { WriterClient } from './writer-client.ts'

/** Quiet time after which the store tidies up as far as it can. */
const REST_MS = 15_000

export interface CompactionsOptions {
  readonly clock: Clock
  readonly pool: TaskPool
  readonly writer: WriterClient
  readonly state: ManifestState
  readonly pathOf: (segmentId: number) => string
  readonly damage: () => readonly Damage[]
  readonly onDamaged: (damage: Damage) => void
  /** Bytes that have to stay free beside the output. */
  readonly reservedBytes: () => number
  readonly onFault: (error: Error) => void
}

export class Compactions {
  readonly #options: CompactionsOptions
  #running: Promise<boolean> | null = null
  #restTimer: Cancel = () => undefined
  #closed = false
  #done = 0
  #refused = 0

  constructor(options: CompactionsOptions) {
    this.#options = options
  }

  /** Does what pays under load, and all of it when nothing calls for a while. */
  soon(): void {
    if (this.#closed) return
    const { clock } = this.#options
    this.#restTimer()
    this.#restTimer = clock.after(REST_MS, () => this.#inBackground(true))
    this.#inBackground(false)
  }

  /** Tidies up as far as it can. */
  async all(): Promise<void> {
    while (!this.#closed && (await this.#once(true)));
  }

  /** Runs `work` while no compaction does: segments stay what they are. */
  async exclude<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#running !== null) await this.#running
    const done = work()
    this.#running = done.then(
      () => false,
      () => false,
    )
    try {
      return await done
    } finally {
      this.#running = null
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#restTimer()
    await Promise.allSettled([this.#running])
  }

  observe(): Record<string, unknown> {
    return { compactions: this.#done, compactionsRefused: this.#refused }
  }

  #inBackground(atRest: boolean): void {
    if (this.#running !== null || this.#closed) return
    const work = async (): Promise<void> => {
      while (!this.#closed && (await this.#once(atRest)));
    }
    work().catch((error: unknown) => {
      if (!this.#closed) this.#options.onFault(error as Error)
    })
  }

  /** false = there was nothing to do, or no room to do it. */
  async #once(atRest: boolean): Promise<boolean> {
    while (this.#running !== null) await this.#running
    this.#running = this.#run(atRest)
    try {
      return await this.#running
    } finally {
      this.#running = null
    }
  }

  async #run(atRest: boolean): Promise<boolean> {
    const { pool, writer, pathOf, onDamaged } = this.#options
    const plan = this.#plan(atRest)
    if (plan === null || this.#closed) return false
    if (plan.outputs.length > 0) {
      const freeBytes = await writer.freeBytes()
      if (freeBytes - plan.bytes < this.#options.reservedBytes()) return false
    }
    const outcome = await compact(plan, { pool, writer, pathOf })
    if (outcome.type === 'done') {
      this.#done++
      return true
    }
    this.#refused++
    if (outcome.type === 'refused') return false
    for (const segmentId of outcome.segmentIds) {
      onDamaged({ segmentId, group: WHOLE_SEGMENT, reason: 'compaction could not read it' })
    }
    return true
  }

  #plan(atRest: boolean): ReturnType<typeof planCompaction> {
    const { state, damage } = this.#options
    const known = damage()
    const rows = known.filter(({ group }) => group !== null)
    const indexes = known.filter(({ group }) => group === null)
    return planCompaction({
      segments: [...state.segments.values()],
      damaged: new Set(rows.map(({ segmentId }) => segmentId)),
      damagedIndexes: new Set(indexes.map(({ segmentId }) => segmentId)),
      receivedFromUs: projectId =>
        state.dropped.has(projectId) ? Number.POSITIVE_INFINITY : state.receivedFromUs(projectId),
      deletedOf: (segmentId, group) => state.deletedOf(segmentId, group),
      atRest,
    })
  }
}

/** Which of its row groups cannot be read is not known. */
const WHOLE_SEGMENT = -1
