/** What rules have for a clock: by what was received, and by the time itself. */
import { untilNextMs } from '#runtime/clock.ts'

const LOOK_MS = 250
/** Past a quarter of a second: windows have closed, and Kafka has been asked how far it is. */
const LOOK_AT_MS = 190

/** Until the clock is looked at again. */
export function nextLookMs(nowUs: number): number {
  return untilNextMs(nowUs, LOOK_MS, LOOK_AT_MS)
}

/**
 * The clock of a project whose batches come from several partitions: what was received before it
 * has come from all of them. Each partition has its batches about in the order of their receipt;
 * after a pause one may be read far ahead of another.
 */
export class PartitionClocks {
  readonly #heard = new Map<number, number>()

  /** A batch that was received then has come from the partition. */
  heard(partition: number, receivedAtUs: number): void {
    this.#heard.set(partition, Math.max(this.#heard.get(partition) ?? 0, receivedAtUs))
  }

  /** Nothing that was received before is still to come from any of these. */
  covered(partitions: Iterable<number>, atUs: number): void {
    for (const partition of partitions) this.heard(partition, atUs)
  }

  /** µs since 1970; 0 while one of them has told nothing. */
  of(partitions: Iterable<number>): number {
    let clockUs = Number.POSITIVE_INFINITY
    for (const partition of partitions) {
      clockUs = Math.min(clockUs, this.#heard.get(partition) ?? 0)
    }
    return clockUs === Number.POSITIVE_INFINITY ? 0 : clockUs
  }
}
