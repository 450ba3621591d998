/** What a spool notes of its batches: under which epoch they are numbered, and what is settled. */
import type { QueuedBatch } from '../batch-queue.ts'
import type { Epoch } from '../producer-epoch.ts'
import type { EpochRecord, SpoolRecord } from './spool-format.ts'

export class SpoolMarks {
  /** Everything before this ordinal is settled. */
  firstUnsettled = 1
  private acknowledgedUs: number | null = null
  private isSettledNoted = true
  /** The first acknowledgement in an epoch: without it no server can say that it forgot us. */
  isFirstDue = false
  private epoch: EpochRecord | null
  private isEpochNoted = true
  private waiters: (() => void)[] = []

  /** `epoch` as an earlier process noted it. */
  constructor(epoch: EpochRecord | null) {
    this.epoch = epoch
  }

  /** Something is not noted yet. */
  get isDue(): boolean {
    return !this.isEpochNoted || !this.isSettledNoted
  }

  /** A new epoch: what lies on disk is numbered otherwise now. */
  get isEpochDue(): boolean {
    return !this.isEpochNoted
  }

  /** Somebody waits for a new epoch to be noted. */
  get isAwaited(): boolean {
    return this.waiters.length > 0
  }

  settled(beforeOrdinal: number, acknowledgedUs: number | null): void {
    this.isFirstDue ||= this.acknowledgedUs === null
    this.firstUnsettled = beforeOrdinal
    this.acknowledgedUs = acknowledgedUs
    this.isSettledNoted = false
  }

  /** `written` is called when it is noted, or cannot be. */
  renumbered(
    { producer, epoch }: Epoch,
    batches: readonly QueuedBatch[],
    { lastOrdinal, written }: { readonly lastOrdinal: number; readonly written: () => void },
  ): void {
    const present = new Set(batches.map(({ ordinal }) => ordinal))
    const fromOrdinal = batches[0]?.ordinal ?? lastOrdinal + 1
    const skipped: number[] = []
    for (let ordinal = fromOrdinal; ordinal <= lastOrdinal; ordinal++) {
      if (!present.has(ordinal)) skipped.push(ordinal)
    }
    this.epoch = { type: 'epoch', producer, epoch, fromOrdinal, skipped }
    this.acknowledgedUs = null
    this.isEpochNoted = false
    this.waiters.push(written)
  }

  /** What is to be written now; all of it, where a file begins. */
  take(isBegin: boolean): { readonly records: SpoolRecord[]; readonly waiters: (() => void)[] } {
    const { epoch, firstUnsettled: beforeOrdinal, acknowledgedUs } = this
    const records: SpoolRecord[] = []
    if (epoch !== null && (isBegin || !this.isEpochNoted)) records.push(epoch)
    if (isBegin || !this.isSettledNoted) {
      records.push({ type: 'settled', beforeOrdinal, acknowledgedUs })
    }
    this.isEpochNoted = true
    this.isSettledNoted = true
    this.isFirstDue = false
    return { records, waiters: this.waiters.splice(0) }
  }

  /** What was taken could not be written. */
  giveBack(): void {
    this.isEpochNoted = false
    this.isSettledNoted = false
  }

  /** Nobody need wait: nothing is on disk that another epoch would change, or nothing can be. */
  release(): void {
    for (const waiter of this.waiters.splice(0)) waiter()
  }
}
