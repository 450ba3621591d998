/** What the doors of HTTP say when a batch cannot be taken now. */
import { HttpProblem } from '#actors/http/problem.ts'
import type { ProblemCode } from '#actors/http/problem-codes.ts'
import type { ThrottleReason } from '#actors/project/ingest-meter.ts'
import { IDEMPOTENCY_KEYS_MAX } from '#proto/limits.ts'

interface Refusal {
  readonly code: ProblemCode
  readonly detail: string
}

export const REFUSALS: Readonly<Record<ThrottleReason, Refusal>> = {
  'over-quota': { code: 'LOGBOY_OVER_QUOTA', detail: 'the project is over its quota' },
  'too-many-keys': {
    code: 'LOGBOY_TOO_MANY_KEYS',
    detail: `the project used ${IDEMPOTENCY_KEYS_MAX} Idempotency-Keys within a day`,
  },
  overloaded: { code: 'LOGBOY_OVERLOADED', detail: 'the server has no room for this now' },
  'disk-full': { code: 'LOGBOY_DISK_FULL', detail: 'the disk of the server is full' },
  'disk-failed': { code: 'LOGBOY_DISK_FAILED', detail: 'the disk of the server failed' },
  'log-away': { code: 'LOGBOY_LOG_AWAY', detail: 'the commit log is away' },
  stopping: { code: 'LOGBOY_STOPPING', detail: 'the server stops' },
}

/** The problem that tells a sender to come back, and when. */
export function unavailable(
  reason: ThrottleReason,
  retryAfterMs: number,
  stored = 'nothing was stored',
): HttpProblem {
  const { code, detail } = REFUSALS[reason]
  return new HttpProblem(code, `${detail}; ${stored}`, { retryAfterMs })
}
