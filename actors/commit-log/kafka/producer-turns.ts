import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

/**
 * Batches on their way through this process when one before them failed arrive well within this.
 * Afterwards the stream or request that brings a batch has proven that none before it is missing,
 * and the sender may have gone on through another gateway.
 */
export const TURN_KEPT_MS = 10_000

interface Failed {
  readonly epoch: number
  readonly sequence: bigint
  readonly atMs: number
}

/**
 * What has to come again first, per producer. Were a later batch stored before it, the repeat would
 * pass for stored as well. The journal's admission holds the same rule; here it is all that a
 * gateway keeps.
 */
export class ProducerTurns {
  /** In order of failure. */
  readonly #failed = new Map<string, Failed>()

  /** Whether this batch may go into the log now; takes the turn if it was waited for. */
  take(envelope: Envelope, nowMs: number): boolean {
    this.#forget(nowMs)
    if (this.#failed.size === 0) return true
    const key = keyOf(envelope)
    const failed = this.#failed.get(key)
    if (failed === undefined) return true
    if (envelope.epoch < failed.epoch) return true
    if (envelope.epoch === failed.epoch && envelope.sequence > failed.sequence) return false
    if (envelope.epoch > failed.epoch || envelope.sequence === failed.sequence) {
      this.#failed.delete(key)
    }
    return true
  }

  /** This batch was refused and will come again. */
  fail(envelope: Envelope, nowMs: number): void {
    const key = keyOf(envelope)
    const { epoch, sequence } = envelope
    const failed = this.#failed.get(key)
    if (failed !== undefined) {
      if (failed.epoch > epoch || (failed.epoch === epoch && failed.sequence <= sequence)) return
      this.#failed.delete(key)
    }
    this.#failed.set(key, { epoch, sequence, atMs: nowMs })
  }

  get size(): number {
    return this.#failed.size
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs }] of this.#failed) {
      if (nowMs - atMs < TURN_KEPT_MS) return
      this.#failed.delete(key)
    }
  }
}

function keyOf({ projectId, producer }: Envelope): string {
  return `${projectId}/${producer}`
}
