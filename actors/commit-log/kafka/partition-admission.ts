/**
 * What one group knows of one partition. Two tables: the live one decides what is delivered, the
 * other follows as deliveries are passed, so that a checkpoint always is (position, what was
 * admitted exactly before it).
 *
 *   checkpoint ──▶ | passed | delivered, not passed | ▲ next
 *                  └ durable table follows here     └ live table is here
 */
import { Admission, READER_LIMITS } from '#actors/commit-log/admission.ts'
import { decodeAdmission, encodeAdmission } from '#actors/commit-log/admission-snapshot.ts'
import type { Position } from '#actors/commit-log/positions.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

interface Delivered {
  readonly position: Position
  readonly envelope: Envelope
}

export class PartitionAdmission {
  readonly #live: Admission
  readonly #durable: Admission
  /** Admitted and not passed. */
  #pending: Delivered[] = []
  #next: Position
  #lastReceivedAtUs = 0
  #repeats = 0

  /** From a saved state; throws LOGBOY_CHECKPOINT_UNUSABLE for one that cannot be read. */
  constructor(position: Position, state: Uint8Array | null) {
    this.#live = restore(state)
    this.#durable = restore(state)
    this.#next = position
  }

  /** Behind everything read so far. */
  get next(): Position {
    return this.#next
  }

  get pending(): number {
    return this.#pending.length
  }

  get repeats(): number {
    return this.#repeats
  }

  /** In the order of the partition, everything; answers whether it is new. */
  admit(position: Position, envelope: Envelope): boolean {
    this.#next = position
    this.#lastReceivedAtUs = Math.max(this.#lastReceivedAtUs, Number(envelope.receivedAtUs))
    if (!this.#live.apply(envelope)) {
      this.#repeats++
      return false
    }
    this.#pending.push({ position, envelope })
    return true
  }

  /** Read, and nothing that admission knows of. */
  skip(position: Position): void {
    this.#next = Math.max(this.#next, position)
  }

  pass(position: Position): void {
    let count = 0
    for (const delivered of this.#pending) {
      if (delivered.position > position) break
      this.#durable.apply(delivered.envelope)
      count++
    }
    this.#pending.splice(0, count)
  }

  /** Where a reader that starts from the encoded state goes on. */
  get passed(): Position {
    const [first] = this.#pending
    return first === undefined ? this.#next : first.position - 1
  }

  encode(): Uint8Array {
    return encodeAdmission(this.#durable.state(this.#lastReceivedAtUs))
  }
}

function restore(state: Uint8Array | null): Admission {
  if (state === null) return new Admission(undefined, READER_LIMITS)
  const decoded = decodeAdmission(state)
  if (decoded.type === 'state') return new Admission(decoded.state, READER_LIMITS)
  const reason = decoded.type === 'newer' ? 'a newer Logboy wrote it' : 'it is damaged'
  const error = new Error(`a checkpoint of the commit log cannot be used: ${reason}`)
  throw Object.assign(error, { code: 'LOGBOY_CHECKPOINT_UNUSABLE' })
}
