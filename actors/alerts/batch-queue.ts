/** Batches of a project on their way through worker threads, taken in the order of the log. */
import type { ProcessBatch } from '#actors/processing/process-batch.ts'
import type { PackedRules } from '#actors/processing/windows/window-rules.ts'
import type { StoredRule } from './alert-engine.ts'
import type { FedBatch } from './alert-feed.ts'

export interface Ticket {
  readonly batch: FedBatch
  /** Those that its deltas are made for. */
  readonly rules: readonly StoredRule[]
  readonly packed: PackedRules
  failures: number
  /** undefined = not computed yet. */
  deltas: Uint8Array | null | undefined
}

export class BatchQueue {
  #tickets: Ticket[] = []

  get length(): number {
    return this.#tickets.length
  }

  add(batch: FedBatch, rules: readonly StoredRule[], packed: PackedRules): Ticket {
    const ticket: Ticket = { batch, rules, packed, failures: 0, deltas: undefined }
    this.#tickets.push(ticket)
    return ticket
  }

  has(ticket: Ticket): boolean {
    return this.#tickets.includes(ticket)
  }

  /** The next one, once it is computed. */
  take(): Ticket | null {
    const [next] = this.#tickets
    if (next?.deltas === undefined) return null
    this.#tickets.shift()
    return next
  }

  /** Nobody wants them any more. */
  clear(): void {
    for (const { batch } of this.#tickets.splice(0)) batch.done()
  }
}

/** What a worker thread is asked. */
export function inputOf({ batch: { entry }, packed }: Ticket): ProcessBatch {
  const { receivedAtUs, producer, epoch, sequence, rejected } = entry.envelope
  const { memory, offset, length } = entry.batch
  return {
    envelope: { receivedAtUs, producer, epoch, sequence, rejected },
    memory,
    offset,
    length,
    filters: [],
    rules: packed,
    summary: false,
  }
}
