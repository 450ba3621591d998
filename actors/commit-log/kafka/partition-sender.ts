/**
 * The way into one partition. While one send is on its way everything that comes waits and is the
 * next one: two at a time would come to rest in either order.
 *
 *   in flight | b b b |     waiting | b b b b b |     in order of calls, ≤ 900 KB a send
 */
import assert from 'node:assert/strict'
import { toBinary } from '@bufbuild/protobuf'
import type { BatchBytes } from '#actors/commit-log/commit-log.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Clock } from '#runtime/clock.ts'
import type { OutgoingRecord } from './framing.ts'
import { recordBytes } from './produce-request.ts'
import { SEND_BYTES_MAX } from './topics.ts'

/** Batches that wait before one partition; their memory is bounded by the arena as well. */
const WAITING_MAX = 16_384
/** A restarted broker or a new leader is there within this; beyond it the senders are told. */
export const RESEND_MS = 3_000
const RESEND_PAUSE_MS = 100

export interface Sending {
  readonly envelope: Envelope
  readonly batch: BatchBytes
  /** Called once. */
  settle(failure: SendFailure | null): void
}

/** Not known to be stored; `wasSent` = it may be all the same. */
export interface SendFailure {
  readonly error: Error
  readonly wasSent: boolean
}

export interface PartitionSenderOptions {
  readonly partition: number
  readonly clock: Clock
  readonly schemaId: number
  /** One try, with a new connection after each rejection. */
  readonly send: (partition: number, records: readonly OutgoingRecord[]) => Promise<void>
  /** Settles when it is this partition's turn to send; call what it gives when done. */
  turn(): Promise<() => void>
}

export class PartitionSender {
  readonly #options: PartitionSenderOptions
  #waiting: Sending[] = []
  #running: Promise<void> | null = null
  #resends = 0

  constructor(options: PartitionSenderOptions) {
    this.#options = options
  }

  /** Takes a hold on the batch until it is settled; false = too many wait. */
  offer(sending: Sending): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false
    sending.batch.retain()
    this.#waiting.push(sending)
    // Begun in a microtask: what is offered in one turn is sent together.
    this.#running ??= Promise.resolve().then(() => this.#run())
    return true
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get resends(): number {
    return this.#resends
  }

  /** Settles once all that was offered is settled. */
  async drain(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const done = await this.#options.turn()
      const records = this.#takeNext()
      const error = await this.#sendAll(records).finally(done)
      // What waits is of the same producers in part, and meets the same broker: all of it fails.
      const count = error === null ? records.length : this.#waiting.length
      for (const [index, sending] of this.#waiting.splice(0, count).entries()) {
        sending.settle(error === null ? null : { error, wasSent: index < records.length })
        sending.batch.release()
      }
    }
    this.#running = null
  }

  /** The first of those that wait, as many as one send takes; they wait until it has ended. */
  #takeNext(): readonly OutgoingRecord[] {
    const { schemaId } = this.#options
    const records: OutgoingRecord[] = []
    let bytes = 0
    for (const { envelope, batch } of this.#waiting) {
      const record = { envelope: toBinary(EnvelopeSchema, envelope), batch, schemaId }
      bytes += recordBytes(record)
      if (records.length > 0 && bytes > SEND_BYTES_MAX) break
      records.push(record)
    }
    return records
  }

  /** The same records again, and nothing else, until they are stored or time is up. */
  async #sendAll(records: readonly OutgoingRecord[]): Promise<Error | null> {
    const { clock, partition, send } = this.#options
    let deadlineMs = Number.POSITIVE_INFINITY
    for (let pauseMs = RESEND_PAUSE_MS; ; pauseMs *= 2) {
      try {
        await send(partition, records)
        return null
      } catch (error) {
        assert(error instanceof Error)
        deadlineMs = Math.min(deadlineMs, clock.monotonicMs() + RESEND_MS)
        if (clock.monotonicMs() + pauseMs > deadlineMs) return error
        this.#resends++
      }
      await new Promise<void>(resolve => void clock.after(pauseMs, resolve))
    }
  }
}
