/** The gateway as the sender of requests that bring no numbers of their own. */
import type { Random } from '#runtime/index.ts'

/**
 * A producer for the life of this process: a random id of 63 bits, and one sequence per project. A
 * number is never used twice, also when the batch that had it could not be stored.
 */
export class BootProducer {
  readonly id: bigint
  readonly #last = new Map<string, number>()

  constructor(random: Random) {
    const bytes = random.bytes(8)
    const value = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) >> 1n
    this.id = value === 0n ? 1n : value
  }

  /** In the order in which the batches are offered to the project. */
  nextSequence(projectId: string): number {
    const sequence = (this.#last.get(projectId) ?? 0) + 1
    this.#last.set(projectId, sequence)
    return sequence
  }
}
