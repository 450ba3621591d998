/**
 * What the doors share that take a request at a time: memory and threads for decoding, and the
 * storing of what was decoded.
 */
import { BodyBudget } from '#actors/http/request-body.ts'
import { type DecodeBodyOptions, type DecodedRequest, decodeBody } from './decode-body.ts'
import { noRoom, RequestStore, type RequestStoreDeps } from './request-store.ts'

/** Bodies that are being decoded, or wait for a thread to do so; more are answered 503. */
const DECODING_BYTES_MAX = 128 * 1024 * 1024

export class RequestIntake {
  readonly store: RequestStore
  readonly #deps: RequestStoreDeps
  readonly #decoding = new BodyBudget(DECODING_BYTES_MAX)

  constructor(deps: RequestStoreDeps) {
    this.#deps = deps
    this.store = new RequestStore(deps)
  }

  async decode(
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
