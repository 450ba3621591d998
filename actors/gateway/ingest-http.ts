/**
 * `POST /ingest`: JSON objects, an array of them, or one a line, packed or plain. Decoded on a
 * worker thread into batches, answered once all of them are durable.
 */
import { create } from '@bufbuild/protobuf'
import type { ArenaBytes } from '#actors/commit-log/arena.ts'
import type { CommitLog, Offer } from '#actors/commit-log/commit-log.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { type HttpProblem, json } from '#actors/http/problem.ts'
import { BodyBudget } from '#actors/http/request-body.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import type { OfferOutcome } from '#actors/project/project.ts'
import type { IngestReply } from '#proto/api.ts'
import { KeyedRequestSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { BODY_BYTES_MAX, REJECTED_TOLD_MAX, SCHEMA_HIGHEST } from '#proto/limits.ts'
import type { Random } from '#runtime/index.ts'
import { authenticate } from './authenticate.ts'
import { type BatchOrigin, envelopeOfBatch } from './batch-envelope.ts'
import { BootProducer } from './boot-producer.ts'
import {
  type DecodeBodyOptions,
  type DecodedRequest,
  decodeBody,
  encodingOf,
} from './decode-body.ts'
import { idempotencyKeyOf, isStored, keyReused, producerOf } from './idempotency-key.ts'
import { INGEST_ABOUT } from './ingest-about.ts'
import { ingestBatchRoute } from './ingest-batch-http.ts'
import type { IngestDeps } from './ingest-stream.ts'
import type { JsonChunk } from './json/json-body.ts'
import { offerTo } from './offer-to.ts'
import { unavailable } from './unavailable.ts'

export interface IngestRouteDeps extends IngestDeps {
  readonly log: Pick<CommitLog, 'answered'>
  readonly random: Random
}

/** Bodies that are being decoded, or wait for a thread to do so; more are answered 503. */
const DECODING_BYTES_MAX = 128 * 1024 * 1024
const NO_ROOM_RETRY_MS = 1_000

/** All doors of ingest over HTTP. */
export function ingestRoutes(deps: IngestRouteDeps): Route[] {
  const door = new IngestDoor(deps)
  const route: Route = {
    method: 'POST',
    path: '/ingest',
    bodyBytesMax: BODY_BYTES_MAX,
    handle: request => door.ingest(request),
    about: INGEST_ABOUT,
  }
  return [route, ingestBatchRoute(deps)]
}

/** A request with an Idempotency-Key. */
interface Keyed {
  readonly producer: bigint
  readonly bodySha256: Uint8Array
}

interface Sender {
  readonly key: VerifiedKey
  readonly peer: string
  /** null = the numbers are the gateway's own. */
  readonly keyed: Keyed | null
}

class IngestDoor {
  readonly #deps: IngestRouteDeps
  readonly #boot: BootProducer
  readonly #decoding = new BodyBudget(DECODING_BYTES_MAX)

  constructor(deps: IngestRouteDeps) {
    this.#deps = deps
    this.#boot = new BootProducer(deps.random)
  }

  async ingest(request: HttpRequest): Promise<HttpAnswer> {
    const { peer } = request
    const { verifier, clock, meter } = this.#deps
    const key = await authenticate(request, verifier, 'ingest')
    const encoding = encodingOf(request)
    const idempotencyKey = idempotencyKeyOf(request)
    const body = await request.body()
    const receivedMs = clock.monotonicMs()
    const decoded = await this.#decode(body, {
      encoding,
      hash: idempotencyKey !== null,
      timeZone: key.timeZone,
    })
    const { bodySha256 } = decoded
    if (idempotencyKey === null || bodySha256 === null) {
      await this.#store(decoded.chunks, { key, peer, keyed: null })
    } else {
      const keyed = { producer: producerOf(key.projectId, idempotencyKey), bodySha256 }
      await this.#storeOnce(knowableChunks(decoded), { key, peer, keyed })
    }
    meter.acknowledged(clock.monotonicMs() - receivedMs)
    return json(200, replyOf(decoded))
  }

  async #decode(
    body: Uint8Array<ArrayBuffer>,
    how: Pick<DecodeBodyOptions, 'encoding' | 'hash' | 'timeZone'>,
  ): Promise<DecodedRequest> {
    const { pool, onFault } = this.#deps
    const { length } = body
    if (!this.#decoding.take(length)) throw this.#noRoom()
    try {
      return await decodeBody(body, { ...how, pool, onFault })
    } finally {
      this.#decoding.give(length)
    }
  }

  /** Leaves alone what the log has already: the same body gives the same chunks and answer. */
  async #storeOnce(chunks: readonly JsonChunk[], sender: Sender & { keyed: Keyed }): Promise<void> {
    const { log, meter } = this.#deps
    const { producer, bodySha256 } = sender.keyed
    const answered = await log.answered(sender.key.projectId, producer)
    if (!isStored(answered, bodySha256)) return this.#store(chunks, sender)
    meter.repeats += chunks.length
  }

  /** Offers all batches in order and together; settles once all are durable. */
  async #store(chunks: readonly JsonChunk[], sender: Sender): Promise<void> {
    if (chunks.length === 0) return
    const memory: ArenaBytes[] = []
    try {
      for (const { batch } of chunks) {
        const bytes = this.#deps.arena.allocate(batch.length)
        if (bytes === null) throw this.#noRoom()
        bytes.view.set(batch)
        memory.push(bytes)
      }
      const { projectId } = sender.key
      const outcome = await offerTo(this.#deps.projects(projectId), {
        source: { type: 'request' },
        offers: memory.map((batch, index) => this.#offer(chunks, index, batch, sender)),
        limits: sender.key,
      })
      if (outcome === 'full') throw this.#noRoom()
      requireDurable(outcome, sender)
    } finally {
      for (const bytes of memory) bytes.release()
    }
  }

  #offer(
    chunks: readonly JsonChunk[],
    index: number,
    batch: ArenaBytes,
    { key, peer, keyed }: Sender,
  ): Offer {
    const { records, times, firstIndex, rejected } = chunks[index] as JsonChunk
    const facts = { records, times, rejected: [] }
    const shared = { key, peer, epoch: 0, schema: SCHEMA_HIGHEST }
    if (keyed === null) {
      const sequence = this.#boot.nextSequence(key.projectId)
      const origin: BatchOrigin = { ...shared, producer: this.#boot.id, sequence }
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

  #noRoom(): HttpProblem {
    this.#deps.meter.throttle('overloaded')
    return unavailable('overloaded', NO_ROOM_RETRY_MS)
  }
}

/** A request of which every record was refused is remembered by a chunk of no records. */
function knowableChunks({ chunks, rejected }: DecodedRequest): readonly JsonChunk[] {
  if (chunks.length > 0) return chunks
  const nothing = { batch: new Uint8Array(0), records: 0, times: null, untimed: 0 }
  return [{ ...nothing, firstIndex: 0, endIndex: rejected.length, rejected }]
}

function replyOf({ accepted, rejected, rejectedMore }: DecodedRequest): IngestReply {
  const told = { accepted, rejected }
  return rejectedMore === 0 ? told : { ...told, rejected_more: rejectedMore }
}

/** Throws what the caller is to be told, unless all of it is stored. */
function requireDurable(outcome: OfferOutcome, { keyed }: Sender): void {
  switch (outcome.type) {
    case 'over-quota':
      throw unavailable('over-quota', outcome.retryAfterMs)
    case 'lost':
      // The project failed on it, which may have been after the log had taken it.
      throw unavailable('overloaded', NO_ROOM_RETRY_MS, inDoubt(keyed !== null))
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
  const hasKey = keyed !== null
  if (outcomes.some(appended => appended.type === 'unavailable' && appended.mayBeStored)) {
    throw unavailable(bad.reason, bad.retryAfterMs, inDoubt(hasKey))
  }
  if (stored === 0) throw unavailable(bad.reason, bad.retryAfterMs)
  throw unavailable(bad.reason, bad.retryAfterMs, partly(stored, outcomes.length, hasKey))
}

function partly(stored: number, of: number, hasKey: boolean): string {
  return `${stored} of ${of} parts were stored; ${adviceOf(hasKey)}`
}

function inDoubt(hasKey: boolean): string {
  return `it is not known what was stored; ${adviceOf(hasKey)}`
}

function adviceOf(hasKey: boolean): string {
  return hasKey
    ? 'repeat it with the same Idempotency-Key, and nothing is stored twice'
    : 'only a request with an Idempotency-Key can be repeated without storing anything twice'
}
