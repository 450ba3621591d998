/**
 * The protocol of one SDK stream, without sockets, threads or time. Batches are proven
 * concurrently, offered in order and answered in order:
 *
 *   batch ──▶ | 7 acked | 8 offered | 9 offered | 10 proven | 11 proving |
 *             └ answered from here ▲             └ offered from here ▲
 *
 * One that is invalid is offered as well, so that the log knows its number, and rejected once that
 * is durable. When one is sent back (throttle), everything after it is discarded until that one
 * comes again: were a later one stored first, the repeat of the earlier would pass for stored.
 */
import assert from 'node:assert/strict'
import { type BatchBytes, NO_BATCH } from '#actors/commit-log/commit-log.ts'
import type { ProvenBatch } from '#actors/processing/prove-batch.ts'
import type { ThrottleReason } from '#actors/project/ingest-meter.ts'
import type { OfferOutcome, StreamOpened } from '#actors/project/project.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  REJECTED_TOLD_MAX,
  SCHEMA_HIGHEST,
  SEQUENCE_MAX,
} from '#proto/limits.ts'
import { type BatchFrame, EPOCH_EXPIRED, type ServerMessage } from '#proto/stream.ts'

/** How a stream ends, in words that each transport has a status for. */
export interface SessionEnd {
  readonly status:
    | 'ok'
    | 'unauthenticated'
    | 'forbidden'
    | 'bad-request'
    | 'epoch-expired'
    | 'too-many'
    | 'unavailable'
    | 'too-slow'
  readonly details: string
}

/** A batch between its arrival and its answer. */
export interface PendingBatch {
  readonly sequence: number
  readonly schema: number
  readonly batch: BatchBytes
  readonly receivedMs: number
}

/** What the session has done by others. Every `prove` and `offer` is answered, whatever happens. */
export interface SessionPort {
  send(message: ServerMessage): void
  /** Copies a batch into memory of its own; null = there is no room. */
  keep(batch: Uint8Array): BatchBytes | null
  /** Answered by `proven`. */
  prove(pending: PendingBatch): void
  /** Answered by `settled`; false = no room now, and there will be no answer. */
  offer(pending: PendingBatch, proof: ProvenBatch): boolean
  acknowledged(pending: PendingBatch): void
  /** A batch was sent back from here; what the project sends back it counts itself. */
  overloaded(): void
  rejected(): void
  /** Called once; nothing is sent after it. */
  end(end: SessionEnd): void
}

export interface SessionLimits {
  /** Batches, and their bytes, that are on their way at once. */
  readonly batchesMax: number
  readonly bytesMax: number
}

/** What was found out about a batch that was to be proven. */
export type Proof =
  | ProvenBatch
  /** No thread had time for it. */
  | { readonly type: 'busy' }
  | { readonly type: 'failed' }

type Outcome =
  /** Its proof says whether that is an acknowledgement or a rejection. */
  | { readonly type: 'durable' }
  | {
      readonly type: 'throttle'
      readonly reason: ThrottleReason
      readonly retryAfterMs: number
    }
  | { readonly type: 'end'; readonly end: SessionEnd }

interface Entry {
  readonly sequence: number
  /** null = not kept: the outcome was clear at once. */
  readonly pending: PendingBatch | null
  stage: 'proving' | 'proven' | 'offered' | 'settled'
  proof: ProvenBatch | null
  outcome: Outcome | null
}

/** More than a sender has on its way at once; so many may be stored already when it comes back. */
const IN_DOUBT_MAX = 64
/** Room comes back when a batch is through, which takes milliseconds. */
const NO_ROOM_RETRY_MS = 50
/** A worker failed on it: an operator has to look, the sender keeps the batch. */
const FAILED_RETRY_MS = 1_000

export class StreamSession {
  readonly #port: SessionPort
  readonly #limits: SessionLimits
  #state: 'greeting' | 'opening' | 'open' | 'ended' = 'greeting'
  readonly #entries: Entry[] = []
  #nextOffer = 0
  #heldBatches = 0
  #heldBytes = 0
  /** The sequence that may come next; the first may also be lower. */
  #next = 1
  #isFirst = true
  #firstUnacked = 1
  #epochEndsAfter = Number.POSITIVE_INFINITY
  #discardFrom: number | null = null
  /** Set: ends so once everything is answered. */
  #ending: SessionEnd | null = null

  constructor(port: SessionPort, limits: SessionLimits) {
    this.#port = port
    this.#limits = limits
  }

  get state(): 'greeting' | 'opening' | 'open' | 'ended' {
    return this.#state
  }

  /** Whether the next message should be read now: this is the flow control towards the sender. */
  get wantsMore(): boolean {
    if (this.#state === 'greeting') return true
    if (this.#state !== 'open' || this.#ending !== null) return false
    return this.#heldBatches < this.#limits.batchesMax && this.#heldBytes < this.#limits.bytesMax
  }

  /** A hello came; answered by `opened` or `end`. */
  greeted(): boolean {
    if (this.#state !== 'greeting') {
      this.end({ status: 'bad-request', details: 'a second hello' })
      return false
    }
    this.#state = 'opening'
    return true
  }

  opened(firstUnacked: number, opened: StreamOpened): void {
    if (this.#state !== 'opening') return
    if (opened.type !== 'open') return this.end(refusalOf(opened))
    this.#state = 'open'
    const { lastDurable } = opened
    this.#firstUnacked = firstUnacked
    this.#next = Math.max(firstUnacked, (lastDurable ?? 0) + 1)
    this.#port.send({
      type: 'welcome',
      lastDurable,
      highestSchema: SCHEMA_HIGHEST,
      batchBytesMax: BATCH_BYTES_MAX,
      batchRecordsMax: BATCH_RECORDS_MAX,
    })
  }

  /** What the sender has said belongs to its old epoch, what may be stored of it already, too. */
  newEpoch(): void {
    if (this.#state !== 'open' || this.#epochEndsAfter !== Number.POSITIVE_INFINITY) return
    const after = Math.max(this.#next - 1, this.#firstUnacked + IN_DOUBT_MAX - 1)
    this.#epochEndsAfter = after
    this.#port.send({ type: 'new_epoch', after })
  }

  batch({ sequence, schema, batch }: BatchFrame, receivedMs: number): void {
    if (this.#state === 'ended') return
    if (this.#state !== 'open') {
      return this.end({ status: 'bad-request', details: 'a batch before the hello' })
    }
    if (!this.#isInTurn(sequence)) return
    const isTooLarge = batch.length > BATCH_BYTES_MAX
    const bytes = isTooLarge ? NO_BATCH : this.#port.keep(batch)
    if (bytes === null) return this.#settleAtOnce(sequence, this.#noRoom(NO_ROOM_RETRY_MS))
    const pending = { sequence, schema, batch: bytes, receivedMs }
    this.#heldBatches++
    this.#heldBytes += bytes.length
    this.#entries.push(entryOf(sequence, pending))
    if (isTooLarge) this.proven(pending, tooLarge(batch.length))
    else this.#port.prove(pending)
  }

  proven(pending: PendingBatch, proof: Proof): void {
    const entry = this.#entryOf(pending)
    if (entry === null) return this.#release(pending)
    if (proof.type === 'sound' || proof.type === 'invalid') {
      entry.stage = 'proven'
      entry.proof = proof
      return this.#offerReady()
    }
    this.#release(pending)
    const retryAfterMs = proof.type === 'busy' ? NO_ROOM_RETRY_MS : FAILED_RETRY_MS
    this.#settle(entry, this.#noRoom(retryAfterMs))
  }

  settled(pending: PendingBatch, outcome: OfferOutcome): void {
    this.#release(pending)
    const entry = this.#entryOf(pending)
    if (entry !== null) this.#settle(entry, outcomeOf(outcome))
  }

  /** The sender will send no more; everything is answered before the end. */
  senderFinished(): void {
    this.finish({ status: 'ok', details: '' })
  }

  /** Takes no more batches, and ends once those on their way are answered. */
  finish(end: SessionEnd): void {
    if (this.#state === 'greeting' || this.#state === 'opening') return this.end(end)
    this.#ending ??= end
    this.#answerReady()
  }

  /** Ends now; what is on its way stays unanswered, and the sender will send it again. */
  end(end: SessionEnd): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#discardAll()
    this.#port.end(end)
  }

  #isInTurn(sequence: number): boolean {
    // Sent before it heard of the new epoch: it comes again in that one.
    if (sequence > this.#epochEndsAfter) return false
    if (this.#discardFrom !== null) {
      if (sequence !== this.#discardFrom) return false
      this.#discardFrom = null
      this.#next = sequence
    }
    const isKnown = this.#isFirst ? sequence <= this.#next : sequence === this.#next
    if (!isKnown || sequence < 1 || sequence > SEQUENCE_MAX) {
      const details = `batch ${sequence} came in place of batch ${this.#next}`
      this.end({ status: 'bad-request', details })
      return false
    }
    this.#isFirst = false
    this.#next = sequence + 1
    return true
  }

  #settleAtOnce(sequence: number, outcome: Outcome): void {
    const entry = entryOf(sequence, null)
    this.#entries.push(entry)
    this.#settle(entry, outcome)
    this.#offerReady()
  }

  /** Offers in order as far as batches are proven. */
  #offerReady(): void {
    while (this.#nextOffer < this.#entries.length) {
      const entry = this.#entries[this.#nextOffer] as Entry
      if (entry.stage === 'proving') return
      this.#nextOffer++
      const { pending, proof } = entry
      if (entry.stage !== 'proven' || pending === null || proof === null) continue
      entry.stage = 'offered'
      if (this.#port.offer(pending, proof)) continue
      this.#release(pending)
      this.#settle(entry, this.#noRoom(NO_ROOM_RETRY_MS))
    }
  }

  #settle(entry: Entry, outcome: Outcome): void {
    assert(entry.outcome === null, 'a batch is settled once')
    entry.stage = 'settled'
    entry.outcome = outcome
    if (outcome.type === 'throttle') {
      this.#discardFrom = entry.sequence
      this.#discardAfter(entry)
    }
    this.#answerReady()
    if (this.#state === 'open') this.#offerReady()
  }

  /** Answers in order as far as outcomes are known. */
  #answerReady(): void {
    while (this.#state === 'open') {
      const [entry] = this.#entries
      if (entry === undefined) {
        if (this.#ending !== null) this.end(this.#ending)
        return
      }
      if (entry.outcome === null) return
      this.#entries.shift()
      if (this.#nextOffer > 0) this.#nextOffer--
      this.#answer(entry, entry.outcome)
    }
  }

  #answer(entry: Entry, outcome: Outcome): void {
    const { sequence } = entry
    switch (outcome.type) {
      case 'durable':
        return this.#answerDurable(entry)
      case 'throttle': {
        const { reason, retryAfterMs } = outcome
        const fromSequence = sequence
        return this.#port.send({ type: 'throttle', fromSequence, retryAfterMs, reason })
      }
      case 'end':
        return this.end(outcome.end)
    }
  }

  #answerDurable({ sequence, pending, proof }: Entry): void {
    assert(pending !== null && proof !== null, 'what is durable was proven')
    if (proof.type === 'invalid') {
      this.#port.rejected()
      return this.#port.send({ type: 'reject', sequence, reason: proof.reason })
    }
    const rejectedCount = proof.rejected.length
    const rejected = proof.rejected.slice(0, REJECTED_TOLD_MAX)
    this.#port.send({ type: 'ack', sequence, rejectedCount, rejected })
    this.#port.acknowledged(pending)
  }

  #noRoom(retryAfterMs: number): Outcome {
    this.#port.overloaded()
    return { type: 'throttle', reason: 'overloaded', retryAfterMs }
  }

  #discardAfter(entry: Entry): void {
    this.#discard(this.#entries.splice(this.#entries.indexOf(entry) + 1))
    this.#nextOffer = Math.min(this.#nextOffer, this.#entries.length)
  }

  #discardAll(): void {
    this.#discard(this.#entries.splice(0))
    this.#nextOffer = 0
  }

  /** What waits for nobody is released here; the rest when it comes back. */
  #discard(entries: readonly Entry[]): void {
    for (const { stage, pending } of entries) {
      if (stage === 'proven' && pending !== null) this.#release(pending)
    }
  }

  /** null = it was discarded meanwhile. */
  #entryOf(pending: PendingBatch): Entry | null {
    return this.#entries.find(entry => entry.pending === pending) ?? null
  }

  #release({ batch }: PendingBatch): void {
    this.#heldBatches--
    this.#heldBytes -= batch.length
    batch.release()
  }
}

/** Said where a batch is too large for the log, and yet came whole. */
export function tooLarge(bytes: number): ProvenBatch & { type: 'invalid' } {
  return { type: 'invalid', reason: `the batch has ${bytes} bytes, at most ${BATCH_BYTES_MAX}` }
}

function entryOf(sequence: number, pending: PendingBatch | null): Entry {
  return { sequence, pending, stage: 'proving', proof: null, outcome: null }
}

function refusalOf({ type }: Exclude<StreamOpened, { type: 'open' }>): SessionEnd {
  switch (type) {
    case 'epoch-expired':
      return epochExpired()
    case 'too-many-streams':
      return { status: 'too-many', details: 'the project has too many open streams' }
    case 'failed':
      return { status: 'unavailable', details: 'the project starts again' }
  }
}

function epochExpired(): SessionEnd {
  const details = `${EPOCH_EXPIRED}: what the producer sent before is not known here`
  return { status: 'epoch-expired', details }
}

function outcomeOf(offered: OfferOutcome): Outcome {
  switch (offered.type) {
    case 'over-quota':
      return { type: 'throttle', reason: 'over-quota', retryAfterMs: offered.retryAfterMs }
    case 'epoch-expired':
      return { type: 'end', end: epochExpired() }
    case 'out-of-turn':
    case 'lost':
      return { type: 'end', end: { status: 'unavailable', details: 'the project starts again' } }
    case 'settled':
      break
  }
  const [outcome] = offered.outcomes
  assert(outcome !== undefined && outcome.type !== 'conflict', 'one batch has one outcome')
  if (outcome.type === 'durable') return { type: 'durable' }
  if (outcome.type === 'stale-epoch') return { type: 'end', end: epochExpired() }
  return { type: 'throttle', reason: outcome.reason, retryAfterMs: outcome.retryAfterMs }
}
