/** How far a project has come in the log: what was handed to its actor, and what that has saved. */
import type { LogEnd } from '#actors/commit-log/commit-log.ts'
import { type EntryPlace, type Position, Positions } from '#actors/commit-log/positions.ts'

export class FedProject {
  readonly #partitions = new Set<number>()
  /** Its actor has told where it begins. */
  #hasBegun = false
  /** There was a batch that its actor was not given. */
  #hasMissed = false
  /** Where it began, and when, until it is known whether the log reaches so far; null = it is. */
  #unproven: { readonly positions: Positions; readonly atUs: number } | null = null
  /** Batches that its actor has not absorbed. */
  #feeding = 0
  #saved: Positions
  /** Ends of the last batches that were its own. */
  #last: Positions = Positions.NONE

  /** Nothing of it up to here is wanted. */
  constructor(saved: Positions) {
    this.#saved = saved
  }

  /** Where its batches go, and those in which some were found. */
  get partitions(): ReadonlySet<number> {
    return this.#partitions
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Everything up to here is in a snapshot, or is no batch of the project. */
  get saved(): Positions {
    return this.#saved
  }

  /** Everything that was read of it was absorbed. */
  get isUpToDate(): boolean {
    return this.#hasBegun && this.#feeding === 0
  }

  /** Nothing of it is lost if nobody remembers this. */
  get isSaved(): boolean {
    return !this.#hasMissed && this.#saved.coversAll(this.#last)
  }

  /** It began behind these positions: only the end of the log as of a later time can prove them. */
  doubt(positions: Positions, atUs: number): void {
    this.#unproven = { positions, atUs }
  }

  /** The log ended there at that time; answers what it cannot have had. */
  judge({ positions: ends, atUs }: LogEnd): Positions | null {
    if (this.#unproven === null || !this.#hasBegun || atUs <= this.#unproven.atUs) return null
    const { positions } = this.#unproven
    this.#unproven = null
    return ends.coversAll(positions) ? null : positions
  }

  goesTo(list: readonly number[]): void {
    for (const partition of list) this.#partitions.add(partition)
  }

  /** Answers whether it has to be read again, from the last that was passed. */
  begin(positions: Positions): boolean {
    const again = this.#hasMissed || !positions.coversAll(this.#last)
    this.goesTo(positions.pairs().map(([partition]) => partition))
    this.#hasBegun = true
    this.#hasMissed = false
    this.#saved = positions
    this.#last = Positions.NONE
    return again
  }

  /** Nothing is handed out until it begins again. */
  stop(): void {
    this.#hasBegun = false
  }

  save(positions: Positions): void {
    this.#saved = this.#saved.union(positions)
  }

  /** A batch of it was read; false = it is in a snapshot, or its actor is not there. */
  wants(entry: EntryPlace): boolean {
    this.#partitions.add(entry.partition)
    if (this.#saved.covers(entry)) return false
    if (!this.#hasBegun) {
      this.#hasMissed = true
      this.#last = this.#last.with(entry)
    }
    return this.#hasBegun
  }

  /** It was handed out; answers what to call once it was absorbed. */
  hand(entry: EntryPlace): () => void {
    this.#feeding++
    this.#last = this.#last.with(entry)
    return () => {
      this.#feeding--
    }
  }

  /** What must not be passed beyond, in one of its partitions; null = nothing holds it. */
  heldAt(partition: number): Position | null {
    const saved = this.#saved.at(partition)
    return !this.#hasBegun || this.#last.at(partition) > saved ? saved : null
  }
}
