import type { Random } from '../random.ts'

/** Repeatable randomness from a seed (mulberry32, public domain by Tommy Ettinger). */
export class SeededRandom implements Random {
  private state: number
  private producers = 0n

  constructor(seed: number) {
    this.state = seed | 0
  }

  unit(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  producer(): bigint {
    return ++this.producers
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }
}
