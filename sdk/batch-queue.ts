/**
 * Batches between sealing and acknowledgement, in order, under the numbers that they were given.
 */

export interface SealedBatch {
  readonly bytes: Uint8Array
  readonly records: number
}

export interface QueuedBatch {
  /** null = it lies in the spool alone. */
  bytes: Uint8Array | null
  readonly length: number
  readonly records: number
  /** Position among all batches ever pushed, from 1 on; it never changes. */
  readonly ordinal: number
  sequence: number
  /** It was handed to a connection at least once, so the server may have it. */
  wasSent: boolean
  isSettled: boolean
  /** Where it lies in the spool; null = not there, or not yet. */
  place: SpoolPlace | null
}

/** A batch that an earlier process left in the spool. */
export interface OldBatch {
  /** Position among all batches of that process, from 1 on; it never changes. */
  readonly ordinal: number
  readonly sequence: number
  readonly records: number
  readonly length: number
  readonly place: SpoolPlace
}

export interface SpoolPlace {
  readonly file: string
  readonly position: number
}

/** Memory that a batch takes besides its bytes. */
const ENTRY_BYTES = 200

/**
 * `sent` batches from the front are on their way on the present connection. A settled batch leaves
 * when all before it have left. Numbers ascend; one is missing where a batch was settled before the
 * spool took it, or was lost there.
 */
export class BatchQueue {
  private batches: QueuedBatch[] = []
  private next = 1
  private nextOrdinal = 1
  /** Batches that are on their way, with their bytes. */
  sent = 0
  sentBytes = 0
  /** Memory that all batches take. */
  bytes = 0
  /** How many were ever pushed, and how many have left. */
  pushed = 0
  left = 0

  get length(): number {
    return this.batches.length
  }

  /** The lowest number not yet settled; the next one to be given, if all are. */
  get firstUnsettled(): number {
    return this.batches[0]?.sequence ?? this.next
  }

  /** Everything before it is settled. */
  get firstOrdinal(): number {
    return this.batches[0]?.ordinal ?? this.nextOrdinal
  }

  /** All batches that are here, settled ones in between included. */
  get all(): readonly QueuedBatch[] {
    return this.batches
  }

  push({ bytes, records }: SealedBatch): QueuedBatch {
    const ids = { ordinal: this.nextOrdinal++, sequence: this.next++ }
    const { length } = bytes
    const state = { wasSent: false, isSettled: false, place: null }
    const batch = { bytes, length, records, ...ids, ...state }
    this.add(batch)
    return batch
  }

  /** Puts batches of another process into the empty queue; the server may have any of them. */
  restore(batches: readonly OldBatch[]): void {
    for (const batch of batches) {
      this.add({ ...batch, bytes: null, wasSent: true, isSettled: false })
      this.next = batch.sequence + 1
      this.nextOrdinal = batch.ordinal + 1
    }
  }

  /** The batch to be sent next; undefined = all are on their way. */
  peek(): QueuedBatch | undefined {
    return this.batches[this.sent]
  }

  /** The batch of `peek` is on its way now. */
  markSent(): void {
    const batch = this.batches[this.sent] as QueuedBatch
    batch.wasSent = true
    this.sent++
    this.sentBytes += batch.length
  }

  /** Leaves it to the spool to keep a batch. */
  release(batch: QueuedBatch): void {
    if (batch.bytes === null || batch.place === null || batch.isSettled) return
    batch.bytes = null
    this.bytes -= batch.length
  }

  /** The spool gave a batch back. */
  loaded(batch: QueuedBatch, bytes: Uint8Array): void {
    if (batch.bytes !== null || batch.isSettled) return
    batch.bytes = bytes
    this.bytes += batch.length
  }

  /** Takes out a batch that nobody has any more and that is not on its way. */
  drop(batch: QueuedBatch): void {
    const index = this.batches.indexOf(batch)
    if (index < this.sent) return
    this.batches.splice(index, 1)
    batch.isSettled = true
    this.forget(batch)
  }

  /** Takes back what is on its way from `sequence` on; false = no such batch is. */
  rewind(sequence: number): boolean {
    const index = this.indexOf(sequence)
    if (index < 0 || index >= this.sent) return false
    for (let i = index; i < this.sent; i++) {
      this.sentBytes -= (this.batches[i] as QueuedBatch).length
    }
    this.sent = index
    return true
  }

  /** Nothing is on its way any more. */
  rewindAll(): void {
    this.sent = 0
    this.sentBytes = 0
  }

  /** Settles one batch; null = it is not here, or was settled before. */
  settle(sequence: number): QueuedBatch | null {
    const batch = this.batches[this.indexOf(sequence)]
    if (batch === undefined || batch.isSettled) return null
    batch.isSettled = true
    while (this.batches[0]?.isSettled === true) this.shift()
    return batch
  }

  /** Gives all batches new numbers from 1 on; answers the records of those that had been sent. */
  renumber(): number {
    this.rewindAll()
    let sentRecords = 0
    for (const batch of this.batches.splice(0)) {
      if (batch.isSettled) {
        this.forget(batch)
        continue
      }
      if (batch.wasSent) sentRecords += batch.records
      batch.sequence = this.batches.push(batch)
    }
    this.next = this.batches.length + 1
    return sentRecords
  }

  /** Where the batch with this number lies; -1 = it is not here. */
  private indexOf(sequence: number): number {
    let [low, high] = [0, this.batches.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.batches[middle] as QueuedBatch).sequence < sequence) low = middle + 1
      else high = middle
    }
    return this.batches[low]?.sequence === sequence ? low : -1
  }

  private add(batch: QueuedBatch): void {
    this.batches.push(batch)
    this.bytes += ENTRY_BYTES + (batch.bytes?.length ?? 0)
    this.pushed++
  }

  private shift(): void {
    const batch = this.batches.shift()
    if (batch === undefined) return
    if (this.sent > 0) {
      this.sent--
      this.sentBytes -= batch.length
    }
    this.forget(batch)
  }

  private forget(batch: QueuedBatch): void {
    this.bytes -= ENTRY_BYTES + (batch.bytes?.length ?? 0)
    batch.bytes = null
    this.left++
  }
}
