/**
 * `POST /ingest`: JSON objects, an array of them, or one a line, packed or plain. Decoded on a
 * worker thread into batches, answered once all of them are durable.
 */
import { tellRefused } from '#actors/commit-log/dead-letters/refused-records.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import { BodyBudget } from '#actors/http/request-body.ts'
import type { IngestReply } from '#proto/api.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { admitSender } from './admit-sender.ts'
import {
  type DecodeBodyOptions,
  type DecodedRequest,
  decodeBody,
  encodingOf,
} from './decode-body.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import { INGEST_ABOUT } from './ingest-about.ts'
import { ingestBatchRoute } from './ingest-batch-http.ts'
import { producerOfKey } from './producer-id.ts'
import { knowableChunks, noRoom, RequestStore, type RequestStoreDeps } from './request-store.ts'

export type IngestRouteDeps = RequestStoreDeps

/** Bodies that are being decoded, or wait for a thread to do so; more are answered 503. */
const DECODING_BYTES_MAX = 128 * 1024 * 1024

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

class IngestDoor {
  readonly #deps: IngestRouteDeps
  readonly #store: RequestStore
  readonly #decoding = new BodyBudget(DECODING_BYTES_MAX)

  constructor(deps: IngestRouteDeps) {
    this.#deps = deps
    this.#store = new RequestStore(deps)
  }

  async ingest(request: HttpRequest): Promise<HttpAnswer> {
    const { peer } = request
    const { clock, meter, letters } = this.#deps
    const sender = await admitSender(request, this.#deps)
    const { key } = sender
    const encoding = encodingOf(request)
    const idempotencyKey = idempotencyKeyOf(request)
    const body = await sender.body()
    const receivedMs = clock.monotonicMs()
    const refused = (bytes: Uint8Array, reason: string): void =>
      letters.drop({ projectId: key.projectId, source: 'ingest', reason, bytes })
    const decoded = await this.#decode(body, {
      encoding,
      hash: idempotencyKey !== null,
      timeZone: key.timeZone,
      recordSchema: key.recordSchema,
      refused,
    })
    const { bodySha256 } = decoded
    let isNew = true
    if (idempotencyKey === null || bodySha256 === null) {
      await this.#store.store(decoded.chunks, { key, peer, keyed: null })
    } else {
      const keyed = { producer: producerOfKey(key.projectId, idempotencyKey), bodySha256 }
      isNew = await this.#store.storeOnce(knowableChunks(decoded), { key, peer, keyed })
    }
    meter.acknowledged(clock.monotonicMs() - receivedMs)
    if (isNew && decoded.refused !== null) {
      refused(decoded.refused, tellRefused(decoded.rejected, decoded.rejectedMore))
    }
    return json(200, replyOf(decoded))
  }

  async #decode(
    body: Uint8Array<ArrayBuffer>,
    how: Omit<DecodeBodyOptions, 'pool' | 'onFault'>,
  ): Promise<DecodedRequest> {
    const { pool, onFault } = this.#deps
    const { length } = body
    if (!this.#decoding.take(length)) throw noRoom(this.#deps)
    try {
      return await decodeBody(body, { ...how, pool, onFault })
    } finally {
      this.#decoding.give(length)
    }
  }
}

function replyOf({ accepted, rejected, rejectedMore }: DecodedRequest): IngestReply {
  const told = { accepted, rejected }
  return rejectedMore === 0 ? told : { ...told, rejected_more: rejectedMore }
}
