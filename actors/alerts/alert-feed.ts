/**
 * The commit log as alert rules read it: one consumer for all projects, which hands each batch to
 * the actor of its project, waits where they are slow, and lets the log be trimmed only behind what
 * every project has saved. A project whose actor begins anew is read again from its snapshot.
 */
import type { CommitLog, Consumption, LogEntry } from '#actors/commit-log/commit-log.ts'
import { type Position, Positions } from '#actors/commit-log/positions.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'

/** A batch on its way to an actor, which calls `done` once it has been absorbed, or never will. */
export interface FedBatch {
  readonly entry: LogEntry
  /** Of the reading that found it: an actor wants none from before it began. */
  readonly generation: number
  readonly done: () => void
}

export interface AlertFeedOptions {
  readonly log: CommitLog
  readonly clock: Clock
  readonly onFault: (error: Error, where: string) => void
  /** Takes it; a promise only while it has no room. */
  feed(projectId: string, batch: FedBatch): void | Promise<void>
}

/** Batches that were handed out and not absorbed. */
const FEEDING_MAX = 64
const PASSED_INTERVAL_MS = 500

interface Fed {
  /** Batches that its actor has not absorbed. */
  feeding: number
  /** Everything up to here is in a snapshot, or is no batch of the project. */
  saved: Position
  /** End of the last batch that was handed out. */
  last: Position
}

export class AlertFeed {
  readonly #options: AlertFeedOptions
  readonly #projects = new Map<string, Fed>()
  #consumption: Consumption | undefined
  /** Readings that were given up deliver nothing more. */
  #generation = 0
  #delivered: Position = 0
  #feeding = 0
  #room: (() => void) | undefined
  #cancel: Cancel = () => undefined

  constructor(options: AlertFeedOptions) {
    this.#options = options
    this.#delivered = this.#end
  }

  /** Reads on behind the oldest position at which a project has begun. */
  start(): void {
    let oldest = this.#delivered
    for (const { saved } of this.#projects.values()) oldest = Math.min(oldest, saved)
    this.#read(oldest)
    this.#tellPassed()
  }

  /** Nothing more of the project is wanted. */
  unwatch(projectId: string): void {
    this.#projects.delete(projectId)
  }

  /**
   * The actor of the project begins behind this position; null = behind the present one. What was
   * handed out after it comes again, under the generation that is answered or a later one.
   */
  begin(
    projectId: string,
    position: Position | null,
  ): { readonly position: Position; readonly generation: number } {
    const begun = position === null || position > this.#end ? this.#delivered : position
    this.#projects.set(projectId, { feeding: 0, saved: begun, last: 0 })
    if (begun < this.#delivered && this.#consumption !== undefined) this.#read(begun)
    return { position: begun, generation: this.#generation }
  }

  saved(projectId: string, position: Position): void {
    const fed = this.#projects.get(projectId)
    if (fed !== undefined) fed.saved = Math.max(fed.saved, position)
  }

  /** Up to where the project has absorbed all that is in the log; null = there is more to come. */
  coveredBy(projectId: string): Position | null {
    const fed = this.#projects.get(projectId)
    return fed !== undefined && fed.feeding === 0 && this.#delivered >= this.#end
      ? this.#delivered
      : null
  }

  observe(): Record<string, unknown> {
    const { size } = this.#projects
    return { projects: size, delivered: this.#delivered, feeding: this.#feeding }
  }

  close(): void {
    this.#generation++
    this.#cancel()
    void this.#consumption?.stop()
    this.#room?.()
  }

  get #end(): Position {
    return this.#options.log.end('').at(0)
  }

  #read(from: Position): void {
    const generation = ++this.#generation
    void this.#consumption?.stop()
    this.#delivered = from
    this.#consumption = this.#options.log.consume({
      name: 'alerts',
      from: Positions.at(from),
      receive: entries => this.#receive(entries, generation),
    })
  }

  async #receive(entries: readonly LogEntry[], generation: number): Promise<void> {
    for (const entry of entries) {
      if (generation !== this.#generation) return
      const fed = this.#projects.get(entry.envelope.projectId)
      // What was saved is in the snapshot already.
      if (fed !== undefined && entry.position > fed.saved && entry.envelope.recordCount > 0) {
        await this.#feed(fed, entry, generation)
      }
      if (generation !== this.#generation) return
      this.#delivered = entry.position
    }
  }

  async #feed(fed: Fed, entry: LogEntry, generation: number): Promise<void> {
    const { batch, envelope } = entry
    batch.retain()
    this.#feeding++
    fed.feeding++
    fed.last = entry.position
    let isDone = false
    const done = (): void => {
      if (isDone) return
      isDone = true
      batch.release()
      this.#feeding--
      fed.feeding--
      this.#room?.()
    }
    try {
      await this.#options.feed(envelope.projectId, { entry, generation, done })
    } catch (error) {
      done()
      this.#options.onFault(error as Error, 'alerts')
    }
    if (this.#feeding < FEEDING_MAX) return
    await new Promise<void>(resolve => {
      this.#room = resolve
    })
    this.#room = undefined
  }

  #tellPassed = (): void => {
    let passed = this.#delivered
    for (const { saved, last } of this.#projects.values()) {
      if (last > saved) passed = Math.min(passed, saved)
    }
    this.#consumption?.passed(Positions.at(passed))
    this.#cancel = this.#options.clock.after(PASSED_INTERVAL_MS, this.#tellPassed)
  }
}
