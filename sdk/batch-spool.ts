/**
 * What the sender needs of a spool: a second place for batches besides memory, which outlives the
 * process. spool/spool-folder.ts is the real one. Nothing here answers before it returns.
 */
import type { OldBatch, QueuedBatch } from './batch-queue.ts'
import type { Epoch } from './producer-epoch.ts'

export interface BatchSpool {
  /** A batch was sealed; `written` is called once it outlives this process. */
  append(batch: QueuedBatch, written: () => void): void
  /** Everything before this ordinal is settled; null = nothing was acknowledged in this epoch. */
  settled(beforeOrdinal: number, acknowledgedUs: number | null): void
  /**
   * These batches, and all later ones, are numbered from 1 on, in their order. Until `written` none
   * of them should leave under its new number: a crash would forget that it has it.
   */
  renumbered(epoch: Epoch, batches: readonly QueuedBatch[], written: () => void): void
  /** Reads a batch back; null = it is damaged. */
  read(batch: QueuedBatch, done: (bytes: Uint8Array | null) => void): void
}

/** What an earlier process left behind. */
export interface OldBatches extends Epoch {
  /** When the server last knew this producer, µs; before any acknowledgement: when it began. */
  readonly knownUs: number
  readonly batches: readonly OldBatch[]
}
