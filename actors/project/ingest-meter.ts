/**
 * What came in through all doors since the start, for /metrics and for people. Plain counters,
 * touched once per batch; they outlive every actor.
 */

/** Why a batch was sent back for later. */
export type ThrottleReason =
  | 'over-quota'
  | 'overloaded'
  | 'too-many-keys'
  | 'disk-full'
  | 'disk-failed'
  | 'log-away'
  | 'stopping'

/** Upper bounds of the histogram of acknowledgement times. */
export const ACK_MS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const

export class IngestMeter {
  /** Batches, records and batch bytes that became durable. */
  batches = 0
  records = 0
  bytes = 0
  /** Records of durable batches that were refused, and batches refused as a whole. */
  recordsRejected = 0
  batchesRejected = 0
  /** Batches that were durable already. */
  repeats = 0
  readonly throttled = new Map<ThrottleReason, number>()
  ackCount = 0
  ackMsSum = 0
  /** Acknowledgements per bucket; the last is above all bounds. */
  readonly ackBuckets = new Float64Array(ACK_MS_BUCKETS.length + 1)

  /** A batch of so many records, of which some were refused, became durable. */
  stored(records: number, rejected: number, bytes: number): void {
    this.batches++
    this.records += records - rejected
    this.recordsRejected += rejected
    this.bytes += bytes
  }

  /** A batch was acknowledged this long after it had been received. */
  acknowledged(ms: number): void {
    this.ackCount++
    this.ackMsSum += ms
    let bucket = 0
    while (bucket < ACK_MS_BUCKETS.length && ms > (ACK_MS_BUCKETS[bucket] as number)) bucket++
    this.ackBuckets[bucket] = (this.ackBuckets[bucket] as number) + 1
  }

  throttle(reason: ThrottleReason): void {
    this.throttled.set(reason, (this.throttled.get(reason) ?? 0) + 1)
  }

  observe(): Record<string, unknown> {
    const { batches, records, bytes, recordsRejected, batchesRejected, repeats } = this
    const throttled = Object.fromEntries(this.throttled)
    return { batches, records, bytes, recordsRejected, batchesRejected, repeats, throttled }
  }
}
