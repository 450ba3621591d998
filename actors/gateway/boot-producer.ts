/** The gateway as the sender of requests that bring no numbers of their own. */
import type { Random } from '#runtime/index.ts'

/** What a batch is known by. */
export interface ProducedAs {
  readonly producer: bigint
  readonly sequence: number
}

/**
 * For the life of this process a producer for each project: a random id of 63 bits, and one
 * sequence. Not one id for all: rows of several projects may share an index in which the numbers
 * alone tell them apart. A number is never used twice, also when the batch that had it could not be
 * stored.
 */
export class BootProducer {
  readonly #random: Random
  readonly #last = new Map<string, ProducedAs>()

  constructor(random: Random) {
    this.#random = random
  }

  /** In the order in which the batches are offered to the project. */
  next(projectId: string): ProducedAs {
    const last = this.#last.get(projectId)
    const next = {
      producer: last?.producer ?? this.#newId(),
      sequence: (last?.sequence ?? 0) + 1,
    }
    this.#last.set(projectId, next)
    return next
  }

  #newId(): bigint {
    const bytes = this.#random.bytes(8)
    const value = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) >> 1n
    return value === 0n ? 1n : value
  }
}
