/**
 * How often one caller may ask: a bucket for each, told in the headers of every answer as
 * draft-ietf-httpapi-ratelimit-headers-07 names them.
 */
import type { HttpAnswer } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { Clock } from '#runtime/clock.ts'

/** A bucket holds what this long allows, so that bursts pass. */
const WINDOW_S = 10
/** Buckets remembered; a full one is as good as none. */
const CALLERS_MAX = 10_000

interface Bucket {
  left: number
  atMs: number
}

export type RateHeaders = readonly (readonly [string, string])[]

export class RequestRate {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #buckets = new Map<string, Bucket>()

  /** `perSecond` 0 = as often as they like. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** Takes one request; answers the headers that tell what is left, or throws 429. */
  take(caller: string): RateHeaders {
    if (this.#perSecond === 0) return []
    const bucket = this.#filled(caller)
    const isOver = bucket.left < 1
    if (!isOver) bucket.left--
    const headers = this.#headers(bucket)
    if (!isOver) return headers
    const retryAfterMs = ((1 - bucket.left) / this.#perSecond) * 1_000
    const detail = `more than ${this.#perSecond} requests a second; ask less often`
    throw new HttpProblem('LOGBOY_TOO_MANY_REQUESTS', detail, { retryAfterMs, headers })
  }

  get #quota(): number {
    return this.#perSecond * WINDOW_S
  }

  #filled(caller: string): Bucket {
    const nowMs = this.#clock.monotonicMs()
    const bucket = this.#buckets.get(caller) ?? { left: this.#quota, atMs: nowMs }
    bucket.left = Math.min(
      this.#quota,
      bucket.left + ((nowMs - bucket.atMs) / 1_000) * this.#perSecond,
    )
    bucket.atMs = nowMs
    // Whoever asked longest ago comes first, and is forgotten first.
    this.#buckets.delete(caller)
    this.#buckets.set(caller, bucket)
    if (this.#buckets.size > CALLERS_MAX) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return bucket
  }

  #headers({ left }: Bucket): RateHeaders {
    const resetS = Math.ceil((this.#quota - left) / this.#perSecond)
    return [
      ['ratelimit-limit', String(this.#quota)],
      ['ratelimit-remaining', String(Math.floor(left))],
      ['ratelimit-reset', String(resetS)],
      ['ratelimit-policy', `${this.#quota};w=${WINDOW_S}`],
    ]
  }
}

export function withHeaders(answer: HttpAnswer, headers: RateHeaders): HttpAnswer {
  return headers.length === 0
    ? answer
    : { ...answer, headers: [...(answer.headers ?? []), ...headers] }
}
