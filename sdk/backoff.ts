import type { Random } from './random.ts'

const FIRST_MS = 100
const LAST_MS = 30_000
/** Doublings beyond this change nothing. */
const FAILURES_MAX = 20

/** Waits that double with every failure; the upper half is random, so that many senders spread. */
export class Backoff {
  private readonly random: Random
  private failures = 0

  constructor(random: Random) {
    this.random = random
  }

  nextMs(): number {
    const limit = Math.min(LAST_MS, FIRST_MS * 2 ** this.failures)
    this.failures = Math.min(FAILURES_MAX, this.failures + 1)
    return (limit * (1 + this.random.unit())) / 2
  }

  /** It works again. */
  reset(): void {
    this.failures = 0
  }
}
