/**
 * Which entries of the log are on their way to Elasticsearch, partition by partition: holds their
 * memory until they are settled, and knows how far everything is written without a gap.
 *
 *   partition 3:  | settled | settled | open | settled | open |
 *                           ^ written                          ^ received
 */
import assert from 'node:assert/strict'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { type Position, Positions } from '#actors/commit-log/positions.ts'
import { streamOf } from '../streams.ts'

/** One entry on its way. */
export class OpenEntry {
  readonly entry: LogEntry
  /** Times that writing it failed although the server was well. */
  failures = 0
  /** Written, or buried, or no longer ours: nobody needs to write it. */
  isSettled = false

  constructor(entry: LogEntry) {
    this.entry = entry
  }
}

interface PartitionState {
  received: Position
  written: Position
  writtenReceivedAtUs: number
  /** In order; settled ones go once nothing open stands before them. */
  slots: OpenEntry[]
}

export class Ledger {
  readonly #partitions = new Map<number, PartitionState>()
  #bytes = 0
  #entries = 0
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []

  /** What was written before this process began. */
  constructor(written: Positions) {
    for (const [partition, position] of written.pairs()) this.#begin(partition, position)
  }

  /** Bytes of batches held. */
  get bytes(): number {
    return this.#bytes
  }

  get entries(): number {
    return this.#entries
  }

  /** Takes an entry and keeps its batch; null = it was received before. */
  receive(entry: LogEntry): OpenEntry | null {
    const { partition, position, batch } = entry
    const state = this.#partitions.get(partition) ?? this.#begin(partition, 0)
    if (position <= state.received) return null
    state.received = position
    batch.retain()
    this.#bytes += batch.length
    this.#entries++
    const open = new OpenEntry(entry)
    state.slots.push(open)
    return open
  }

  /** The entry needs nothing any more. */
  settle(open: OpenEntry): void {
    if (open.isSettled) return
    this.#release(open)
    const state = this.#partitions.get(open.entry.partition)
    if (state === undefined) return
    for (let first = state.slots[0]; first?.isSettled; first = state.slots[0]) {
      state.slots.shift()
      state.written = first.entry.position
      const receivedAtUs = Number(first.entry.envelope.receivedAtUs)
      state.writtenReceivedAtUs = Math.max(state.writtenReceivedAtUs, receivedAtUs)
    }
    this.#wake()
  }

  /** Deliveries of the partition begin anew after `from`. */
  restart(partition: number, from: Position): void {
    this.forget(partition)
    this.#begin(partition, from)
  }

  /** The partition is somebody else's. */
  forget(partition: number): void {
    const state = this.#partitions.get(partition)
    this.#partitions.delete(partition)
    for (const slot of state?.slots ?? []) if (!slot.isSettled) this.#release(slot)
    this.#wake()
  }

  /** Everything up to here is written. */
  written(): Positions {
    return Positions.of(
      [...this.#partitions].map(([partition, { written }]) => [partition, written]),
    )
  }

  /** The newest receive time in what is written, per partition; 0 = nothing since the start. */
  writtenReceivedAtUs(partition: number): number {
    return this.#partitions.get(partition)?.writtenReceivedAtUs ?? 0
  }

  received(): Positions {
    return Positions.of(
      [...this.#partitions].map(([partition, { received }]) => [partition, received]),
    )
  }

  /** Open entries of a project, in order: what its writer has to do after a crash. */
  openOf(projectId: string): OpenEntry[] {
    return [...this.#partitions.values()].flatMap(({ slots }) =>
      slots.filter(({ isSettled, entry }) => !isSettled && streamOf(entry.envelope) === projectId),
    )
  }

  /** Settles once no more than so many bytes are held. */
  belowBytes(max: number): Promise<void> {
    return this.#until(() => this.#bytes <= max)
  }

  /** Settles once everything received so far is settled. */
  settled(): Promise<void> {
    const wanted = this.received()
    return this.#until(() => this.written().coversAll(wanted.only(this.#partitions.keys())))
  }

  close(): void {
    for (const partition of this.#partitions.keys()) this.forget(partition)
  }

  #begin(partition: number, from: Position): PartitionState {
    const state = { received: from, written: from, writtenReceivedAtUs: 0, slots: [] }
    this.#partitions.set(partition, state)
    return state
  }

  #release(open: OpenEntry): void {
    assert(!open.isSettled, 'an entry is settled once')
    open.isSettled = true
    this.#bytes -= open.entry.batch.length
    this.#entries--
    open.entry.batch.release()
  }

  #until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ isDone, resolve }))
  }

  #wake(): void {
    const done = this.#waiting.filter(({ isDone }) => isDone())
    if (done.length === 0) return
    this.#waiting = this.#waiting.filter(waiter => !done.includes(waiter))
    for (const { resolve } of done) resolve()
  }
}
