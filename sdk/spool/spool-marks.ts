/** What a spool notes of its batches: under which epoch they are numbered, and what is settled. */
import type { QueuedBatch } from '../batch-queue.ts'
import type { Epoch } from '../producer-epoch.ts'
import type { EpochRecord, SpoolRecord } from './spool-format.ts'
import type { ScannedSpool } from './spool-scan.ts'

export class SpoolMarks {
  /** Everything before this ordinal is settled. */
  firstUnsettled: number
  private acknowledgedUs: number | null
  private isSettledNoted = true
  private isFirstDue = false
  private epoch: EpochRecord | null
  private isEpochNoted = true
  private waiters: (() => void)[] = []

  /** `old` is what an earlier process noted. */
  constructor(old: ScannedSpool | null) {
    this.epoch = old?.epochRecord ?? null
    this.firstUnsettled = old?.settledRecord.beforeOrdinal ?? 1
    this.acknowledgedUs = old?.settledRecord.acknowledgedUs ?? null
  }

  /** Something is not noted yet. */
  get isDue(): boolean {
    return !this.isEpochNoted || !this.isSettledNoted
  }

  /**
   * It should be noted at once: a new epoch, in which what lies on disk is numbered otherwise, or
   * the first acknowledgement in one, without which no server can say that it forgot us.
   */
  get isUrgent(): boolean {
    return !this.isEpochNoted || this.isFirstDue
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
    this.isEpochNoted = false
    this.acknowledgedUs = null
    this.isSettledNoted = false
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
