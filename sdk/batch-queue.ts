/**
 * Batches between sealing and acknowledgement, in order, under the numbers that they were given.
 */

export interface SealedBatch {
  readonly bytes: Uint8Array
  readonly records: number
}

export interface QueuedBatch extends SealedBatch {
  sequence: number
  /** It was handed to a connection at least once, so the server may have it. */
  wasSent: boolean
  isSettled: boolean
}

/**
 * `sent` batches from the front are on their way on the present connection. A settled batch leaves
 * when all before it have left.
 */
export class BatchQueue {
  private batches: QueuedBatch[] = []
  private next = 1
  /** Batches that are on their way, with their bytes. */
  sent = 0
  sentBytes = 0
  /** Bytes of all batches. */
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

  push(batch: SealedBatch): void {
    this.batches.push({ ...batch, sequence: this.next++, wasSent: false, isSettled: false })
    this.bytes += batch.bytes.length
    this.pushed++
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
    this.sentBytes += batch.bytes.length
  }

  /** Takes back what is on its way from `sequence` on; false = no such batch is. */
  rewind(sequence: number): boolean {
    const index = sequence - this.firstUnsettled
    if (index < 0 || index >= this.sent) return false
    for (let i = index; i < this.sent; i++) {
      this.sentBytes -= (this.batches[i] as QueuedBatch).bytes.length
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
    const batch = this.batches[sequence - this.firstUnsettled]
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

  private shift(): void {
    const batch = this.batches.shift()
    if (batch === undefined) return
    if (this.sent > 0) {
      this.sent--
      this.sentBytes -= batch.bytes.length
    }
    this.forget(batch)
  }

  private forget(batch: QueuedBatch): void {
    this.bytes -= batch.bytes.length
    this.left++
  }
}
