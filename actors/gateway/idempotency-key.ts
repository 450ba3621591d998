/** Requests with an Idempotency-Key, and what a repeat of them is. */
import type { KeyedAnswer } from '#actors/commit-log/commit-log.ts'
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'

const KEY_FORM = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** The key of a request; null = it has none. */
export function idempotencyKeyOf(request: HttpRequest): string | null {
  const key = request.header('idempotency-key')
  if (key === null) return null
  if (KEY_FORM.test(key)) return key
  const detail = 'an Idempotency-Key has 1 to 255 visible ASCII characters'
  throw new HttpProblem('LOGBOY_BAD_HEADER', detail)
}

/**
 * Whether all of a request was stored before, by the answer the log remembers. Throws 422 for
 * another body under the same key.
 */
export function isStored(answered: KeyedAnswer | undefined, bodySha256: Uint8Array): boolean {
  if (answered === undefined) return false
  if (Buffer.compare(answered.bodySha256, bodySha256) !== 0) throw keyReused()
  return answered.lastChunk === answered.of
}

export function keyReused(): HttpProblem {
  const detail = 'the Idempotency-Key was used with another body within the last 24 hours'
  return new HttpProblem('LOGBOY_KEY_REUSED', detail)
}
