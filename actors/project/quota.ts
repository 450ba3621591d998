/** What a project may send: two token buckets, pure functions of the time they are told. */

/** 0 = unlimited. */
export interface QuotaLimits {
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

/** A silent project may catch up with what it could have sent in this time. */
const BURST_S = 1

/**
 * A batch is taken whole while both buckets hold anything, and may leave them in debt, which later
 * ones wait for: so a batch larger than a bucket passes, and the average still holds.
 */
export class Quota {
  readonly #records: Bucket
  readonly #bytes: Bucket

  constructor(limits: QuotaLimits, nowMs: number) {
    this.#records = new Bucket(limits.recordsPerSecond, nowMs)
    this.#bytes = new Bucket(limits.bytesPerSecond, nowMs)
  }

  get limits(): QuotaLimits {
    return { recordsPerSecond: this.#records.rate, bytesPerSecond: this.#bytes.rate }
  }

  /** New limits count from now on; what was earned or owed stays. */
  setLimits(limits: QuotaLimits, nowMs: number): void {
    this.#records.setRate(limits.recordsPerSecond, nowMs)
    this.#bytes.setRate(limits.bytesPerSecond, nowMs)
  }

  /** 0 = more may be taken, else the milliseconds after which to try again. */
  waitMs(nowMs: number): number {
    return Math.max(this.#records.waitMs(nowMs), this.#bytes.waitMs(nowMs))
  }

  /** 0 = taken, else as `waitMs`. */
  take(records: number, bytes: number, nowMs: number): number {
    const waitMs = this.waitMs(nowMs)
    if (waitMs > 0) return waitMs
    this.#records.take(records)
    this.#bytes.take(bytes)
    return 0
  }

  /** Others take from the same buckets: this is what they hold now, less than nothing = a debt. */
  adopt(records: number, bytes: number): void {
    this.#records.adopt(records)
    this.#bytes.adopt(bytes)
  }
}

class Bucket {
  rate: number
  #tokens: number
  #filledMs: number

  constructor(rate: number, nowMs: number) {
    this.rate = rate
    this.#tokens = rate * BURST_S
    this.#filledMs = nowMs
  }

  setRate(rate: number, nowMs: number): void {
    if (rate === this.rate) return
    this.#fill(nowMs)
    // A bucket without a limit was never counted.
    this.#tokens = this.rate === 0 ? rate * BURST_S : Math.min(this.#tokens, rate * BURST_S)
    this.rate = rate
  }

  waitMs(nowMs: number): number {
    if (this.rate === 0) return 0
    this.#fill(nowMs)
    return this.#tokens > 0 ? 0 : Math.max(1, Math.ceil((-this.#tokens * 1000) / this.rate))
  }

  take(amount: number): void {
    if (this.rate > 0) this.#tokens -= amount
  }

  adopt(tokens: number): void {
    if (this.rate > 0) this.#tokens = Math.min(this.#tokens, tokens)
  }

  #fill(nowMs: number): void {
    const earned = ((nowMs - this.#filledMs) * this.rate) / 1000
    this.#tokens = Math.min(this.rate * BURST_S, this.#tokens + earned)
    this.#filledMs = nowMs
  }
}
