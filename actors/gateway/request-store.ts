/**
 * Stores the chunks of one HTTP request: offered in order and together, settled once all of them
 * are durable, and stored once however often the request comes, where it has an identity.
 */
import { create } from '@bufbuild/protobuf'
import type { ArenaBytes } from '#actors/commit-log/arena.ts'
import type { CommitLog, Offer } from '#actors/commit-log/commit-log.ts'
import type { HttpProblem } from '#actors/http/problem.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import type { OfferOutcome } from '#actors/project/project.ts'
import { KeyedRequestSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { REJECTED_TOLD_MAX, SCHEMA_HIGHEST } from '#proto/limits.ts'
import type { Random } from '#runtime/index.ts'
import { type BatchOrigin, envelopeOfBatch } from './batch-envelope.ts'
import { BootProducer } from './boot-producer.ts'
import type { DecodedRequest } from './decode-body.ts'
import { isStored, keyReused } from './idempotency-key.ts'
import type { IngestDeps } from './ingest-stream.ts'
import type { BodyChunk } from './json/chunk-builder.ts'
import { offerTo } from './offer-to.ts'
import { unavailable } from './unavailable.ts'

export interface RequestStoreDeps extends IngestDeps {
  readonly log: Pick<CommitLog, 'answered'>
  readonly random: Random
}

const NO_ROOM_RETRY_MS = 1_000

/** A request with an Idempotency-Key, or another identity of its own. */
export interface Keyed {
  readonly producer: bigint
  readonly bodySha256: Uint8Array
}

export interface Sender {
  readonly key: VerifiedKey
  readonly peer: string
  /** null = the numbers are the gateway's own. */
  readonly keyed: Keyed | null
  /** What a repeat does, where the door takes no Idempotency-Key. */
  readonly repeatAdvice?: string
}

export class RequestStore {
  readonly #deps: RequestStoreDeps
  readonly #boot: BootProducer

  constructor(deps: RequestStoreDeps) {
    this.#deps = deps
    this.#boot = new BootProducer(deps.random)
  }

  /**
   * Leaves alone what the log has already: the same body gives the same chunks and answer. Answers
   * whether there was something to store.
   */
  async storeOnce(
    chunks: readonly BodyChunk[],
    sender: Sender & { keyed: Keyed },
  ): Promise<boolean> {
    const { log, meter } = this.#deps
    const { producer, bodySha256 } = sender.keyed
    const answered = await log.answered(sender.key.projectId, producer)
    const isNew = !isStored(answered, bodySha256)
    if (isNew) await this.store(chunks, sender)
    else meter.repeats += chunks.length
    return isNew
  }

  /** Offers all batches in order and together; settles once all are durable. */
  async store(chunks: readonly BodyChunk[], sender: Sender): Promise<void> {
    if (chunks.length === 0) return
    const memory: ArenaBytes[] = []
    try {
      for (const { batch } of chunks) {
        const bytes = this.#deps.arena.copy(batch)
        if (bytes === null) throw noRoom(this.#deps)
        memory.push(bytes)
      }
      const { projectId } = sender.key
      const outcome = await offerTo(this.#deps.projects(projectId), {
        source: { type: 'request' },
        offers: memory.map((batch, index) => this.#offer(chunks, index, batch, sender)),
        limits: sender.key,
      })
      if (outcome === 'full') throw noRoom(this.#deps)
      requireDurable(outcome, sender)
    } finally {
      for (const bytes of memory) bytes.release()
    }
  }

  #offer(
    chunks: readonly BodyChunk[],
    index: number,
    batch: ArenaBytes,
    { key, peer, keyed }: Sender,
  ): Offer {
    const { records, times, firstIndex, rejected, refusedRows } = chunks[index] as BodyChunk
    const facts = { records, times, rejected: refusedRows.map(row => ({ index: row })) }
    const shared = { key, peer, epoch: 0, schema: SCHEMA_HIGHEST }
    if (keyed === null) {
      const origin: BatchOrigin = { ...shared, ...this.#boot.next(key.projectId) }
      return { envelope: envelopeOfBatch(origin, facts), batch, neverResent: true }
    }
    const request = create(KeyedRequestSchema, {
      bodySha256: keyed.bodySha256,
      chunk: index + 1,
      of: chunks.length,
      firstIndex,
      rejected: rejected
        .slice(0, REJECTED_TOLD_MAX)
        .map(({ index, reason }) => ({ index, reason })),
    })
    const origin: BatchOrigin = {
      ...shared,
      producer: keyed.producer,
      sequence: index + 1,
      request,
    }
    return { envelope: envelopeOfBatch(origin, facts), batch }
  }
}

/** Memory, threads or the project's queue have no room at the moment. */
export function noRoom({ meter }: Pick<IngestDeps, 'meter'>): HttpProblem {
  meter.throttle('overloaded')
  return unavailable('overloaded', NO_ROOM_RETRY_MS)
}

/** A request of which every record was refused is remembered by a chunk of no records. */
export function knowableChunks({ chunks, rejected }: DecodedRequest): readonly BodyChunk[] {
  if (chunks.length > 0) return chunks
  const nothing = { batch: new Uint8Array(0), records: 0, times: null, untimed: 0 }
  return [
    {
      ...nothing,
      refusedRows: [],
      places: null,
      firstIndex: 0,
      endIndex: rejected.length,
      rejected,
    },
  ]
}

/** Throws what the caller is to be told, unless all of it is stored. */
export function requireDurable(outcome: OfferOutcome, sender: Repeat): void {
  switch (outcome.type) {
    case 'over-quota':
      throw unavailable('over-quota', outcome.retryAfterMs)
    case 'lost':
      // The project failed on it, which may have been after the log had taken it.
      throw unavailable('overloaded', NO_ROOM_RETRY_MS, inDoubt(sender))
    case 'out-of-turn':
    case 'epoch-expired':
      throw unavailable('overloaded', NO_ROOM_RETRY_MS)
    case 'settled':
      break
  }
  const { outcomes } = outcome
  const bad = outcomes.find(({ type }) => type !== 'durable')
  if (bad === undefined) return
  if (bad.type !== 'unavailable') throw keyReused()
  const stored = outcomes.filter(({ type }) => type === 'durable').length
  if (outcomes.some(appended => appended.type === 'unavailable' && appended.mayBeStored)) {
    throw unavailable(bad.reason, bad.retryAfterMs, inDoubt(sender))
  }
  if (stored === 0) throw unavailable(bad.reason, bad.retryAfterMs)
  throw unavailable(bad.reason, bad.retryAfterMs, partly(stored, outcomes.length, sender))
}

type Repeat = Pick<Sender, 'keyed' | 'repeatAdvice'>

function partly(stored: number, of: number, repeat: Repeat): string {
  return `${stored} of ${of} parts were stored; ${adviceOf(repeat)}`
}

function inDoubt(repeat: Repeat): string {
  return `it is not known what was stored; ${adviceOf(repeat)}`
}

function adviceOf({ keyed, repeatAdvice = UNKEYED_ADVICE }: Repeat): string {
  return keyed === null ? repeatAdvice : KEYED_ADVICE
}

const KEYED_ADVICE = 'repeat it with the same Idempotency-Key, and nothing is stored twice'
const UNKEYED_ADVICE =
  'only a request with an Idempotency-Key can be repeated without storing anything twice'
