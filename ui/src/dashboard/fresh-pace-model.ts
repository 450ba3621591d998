/**
 * When to ask again for what only the server can count, while rows stream in: at most once a
 * second, and so seldom that the server works on it for a tenth of the time, however dear it is.
 */
const PAUSE_MS_MIN = 1_000
/** Of the time from one question to the next, the part that answering it takes. */
const WORK_SHARE = 0.1
/** Then the span has moved on by a step anyway. */
const PAUSE_MS_MAX = 10_000

/** Milliseconds from the answer to a question, which took so long, to the next one. */
export function pauseAfter(tookMs: number): number {
  const pauseMs = Math.max(PAUSE_MS_MIN - tookMs, tookMs / WORK_SHARE - tookMs)
  return Math.min(PAUSE_MS_MAX, pauseMs)
}
