/**
 * Requests with an Idempotency-Key: what was stored of each stands in the catalog, so that any
 * gateway gives a repeat the same answer, and refuses another body under the same key.
 */
import type { KeyedRequestId, KeyedRequests } from '#actors/catalog/keyed-requests.ts'
import type { AppendOutcome, KeyedAnswer, Offer } from '#actors/commit-log/commit-log.ts'
import type { Envelope, KeyedRequest } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { REJECTED_TOLD_MAX } from '#proto/limits.ts'
import type { Clock } from '#runtime/clock.ts'

const RETRY_AFTER_MS = { 'log-away': 1_000, 'too-many-keys': 60_000 } as const
const FORGET_INTERVAL_MS = 3_600_000

export interface KeyedAppendsOptions {
  readonly requests: KeyedRequests
  readonly clock: Clock
  append(offer: Offer): Promise<AppendOutcome>
  readonly onTrouble: (error: Error, where: string) => void
}

export class KeyedAppends {
  readonly #options: KeyedAppendsOptions
  /** The last chunk on its way of each request: chunks are appended and noted one by one. */
  readonly #last = new Map<string, Promise<AppendOutcome>>()
  #forgetAtMs = 0

  constructor(options: KeyedAppendsOptions) {
    this.#options = options
  }

  async answered(projectId: string, producer: bigint): Promise<KeyedAnswer | undefined> {
    const { requests, clock } = this.#options
    return requests.find({ projectId, producer }, clock.nowUs())
  }

  append(offer: Offer): Promise<AppendOutcome> {
    const { envelope, batch } = offer
    const key = `${envelope.projectId}/${envelope.producer}`
    const before = this.#last.get(key)
    batch.retain()
    const outcome = this.#appendAfter(before, offer).finally(() => {
      batch.release()
      if (this.#last.get(key) === outcome) this.#last.delete(key)
    })
    this.#last.set(key, outcome)
    return outcome
  }

  async #appendAfter(
    before: Promise<AppendOutcome> | undefined,
    offer: Offer,
  ): Promise<AppendOutcome> {
    const earlier = await before
    // A part of the answer is missing: what follows it would make a hole.
    if (earlier?.type === 'unavailable') return earlier
    try {
      return await this.#appendOnce(offer)
    } catch (error) {
      this.#options.onTrouble(error as Error, 'a request with an Idempotency-Key')
      return unavailable('log-away', { mayBeStored: true })
    }
  }

  async #appendOnce(offer: Offer): Promise<AppendOutcome> {
    const { requests, clock } = this.#options
    const { envelope } = offer
    const { projectId, producer } = envelope
    const request = envelope.request as KeyedRequest
    const id: KeyedRequestId = { projectId, producer }
    const { bodySha256, of } = request
    this.#forget()
    const begun = await requests.begin(id, { bodySha256, of }, clock.nowUs())
    if (begun.type === 'conflict') return { type: 'conflict' }
    if (begun.type === 'full') {
      return unavailable('too-many-keys', { mayBeStored: false })
    }
    if (begun.stored.lastChunk >= request.chunk) return { type: 'durable', repeat: true }
    // All of a request comes again after a failure, from its first chunk on: no turn is kept.
    const outcome = await this.#options.append({ ...offer, neverResent: true })
    if (outcome.type === 'durable')
      await requests.store(id, chunkOf(envelope, request, begun.stored.rejected.length))
    return outcome
  }

  #forget(): void {
    const { requests, clock, onTrouble } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#forgetAtMs) return
    this.#forgetAtMs = nowMs + FORGET_INTERVAL_MS
    requests.forget(clock.nowUs()).catch((error: unknown) => {
      onTrouble(error as Error, 'forgetting old Idempotency-Keys')
    })
  }
}

function unavailable(
  reason: keyof typeof RETRY_AFTER_MS,
  { mayBeStored }: { readonly mayBeStored: boolean },
): AppendOutcome {
  return { type: 'unavailable', reason, retryAfterMs: RETRY_AFTER_MS[reason], mayBeStored }
}

function chunkOf(envelope: Envelope, { chunk, rejected }: KeyedRequest, told: number) {
  return {
    chunk,
    accepted: envelope.recordCount - envelope.rejected.length,
    rejected: rejected
      .slice(0, REJECTED_TOLD_MAX - told)
      .map(({ index, reason }) => ({ index, reason })),
  }
}
