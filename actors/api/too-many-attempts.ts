import { HttpProblem } from '#actors/http/problem.ts'

/** For whoever failed too often, and has to wait. */
export function tooManyAttempts(retryAfterMs: number): HttpProblem {
  const seconds = Math.ceil(retryAfterMs / 1_000)
  const detail = `too many attempts; try again in ${seconds} s`
  return new HttpProblem('LOGBOY_TOO_MANY_ATTEMPTS', detail, { retryAfterMs })
}
