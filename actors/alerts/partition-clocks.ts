/** What rules have for a clock: by what was received, and by the time itself. */

const LOOK_MS = 250

/** Until the clock is looked at again: windows close at whole quarters of a second. */
export function nextLookMs(nowUs: number): number {
  return LOOK_MS - ((nowUs / 1_000) % LOOK_MS)
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
