/**
 * `POST /ingest`: JSON objects, an array of them, or one a line, packed or plain. Decoded on a
 * worker thread into batches, answered once all of them are durable.
 */
import { tellRefused } from '#actors/commit-log/dead-letters/refused-records.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { IngestReply } from '#proto/api.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { admitSender } from './admit-sender.ts'
import { type DecodedRequest, encodingOf } from './decode-body.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import { INGEST_ABOUT } from './ingest-about.ts'
import { ingestBatchRoute } from './ingest-batch-http.ts'
import { OtlpDoor } from './otlp/otlp-door.ts'
import { otlpRoutes } from './otlp/otlp-http.ts'
import { producerOfKey } from './producer-id.ts'
import { RequestIntake } from './request-intake.ts'
import { knowableChunks, type RequestStoreDeps } from './request-store.ts'

/** All doors of ingest over HTTP. */
export function ingestRoutes(
  deps: RequestStoreDeps,
  intake: RequestIntake = new RequestIntake(deps),
): Route[] {
  const door = new IngestDoor(deps, intake)
  const route: Route = {
    method: 'POST',
    path: '/ingest',
    bodyBytesMax: BODY_BYTES_MAX,
    handle: request => door.ingest(request),
    about: INGEST_ABOUT,
  }
  return [route, ingestBatchRoute(deps), ...otlpRoutes(new OtlpDoor(deps, intake))]
}

class IngestDoor {
  readonly #deps: RequestStoreDeps
  readonly #intake: RequestIntake

  constructor(deps: RequestStoreDeps, intake: RequestIntake) {
    this.#deps = deps
    this.#intake = intake
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
    const { store } = this.#intake
    const decoded = await this.#intake.decode(body, {
      format: 'json',
      encoding,
      hash: idempotencyKey !== null,
      timeZone: key.timeZone,
      recordSchema: key.recordSchema,
      refused,
    })
    const { bodySha256 } = decoded
    let isNew = true
    if (idempotencyKey === null || bodySha256 === null) {
      await store.store(decoded.chunks, { key, peer, keyed: null })
    } else {
      const keyed = { producer: producerOfKey(key.projectId, idempotencyKey), bodySha256 }
      isNew = await store.storeOnce(knowableChunks(decoded), { key, peer, keyed })
    }
    meter.acknowledged(clock.monotonicMs() - receivedMs)
    if (isNew && decoded.refused !== null) {
      refused(decoded.refused, tellRefused(decoded.rejected, decoded.rejectedMore))
    }
    return json(200, replyOf(decoded))
  }
}

function replyOf({ accepted, rejected, rejectedMore }: DecodedRequest): IngestReply {
  const told = { accepted, rejected }
  return rejectedMore === 0 ? told : { ...told, rejected_more: rejectedMore }
}
