/**
 * Time as the SDK sees it. Nothing outside this file reads the machine's clock or sets a timer, so
 * that tests can replace both.
 */

/** Undoes what returned it; calling it twice or too late does nothing. */
export type Cancel = () => void

export interface Clock {
  /** Wall time in whole microseconds since 1970. */
  nowUs(): number
  /** Milliseconds since an arbitrary start. Never goes back. */
  monotonicMs(): number
  /** Runs `run` once after `ms`. Only with `keepAlive` does the process wait for it. */
  after(ms: number, run: () => void, options?: { readonly keepAlive: boolean }): Cancel
}

/**
 * How far the wall clock may be from where the fast clock takes it to be, and how often to look.
 */
const DRIFT_US_MAX = 2_000
const LOOK_EVERY_MS = 1_000

let offsetUs = performance.timeOrigin * 1_000
let lookedMs = Number.NEGATIVE_INFINITY

/** The machine's own clock: as fine as performance.now, and never far from what Date.now says. */
export const systemClock: Clock = {
  nowUs(): number {
    const ms = performance.now()
    if (ms - lookedMs > LOOK_EVERY_MS) look(ms)
    return Math.floor(ms * 1_000 + offsetUs)
  },
  monotonicMs: () => performance.now(),
  after(ms, run, options) {
    const timer = setTimeout(run, ms)
    if (options?.keepAlive !== true) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** performance.now knows nothing of a wall clock that was set, or of a machine that slept. */
function look(ms: number): void {
  lookedMs = ms
  const wallUs = Date.now() * 1_000
  if (Math.abs(wallUs - (ms * 1_000 + offsetUs)) > DRIFT_US_MAX) offsetUs = wallUs - ms * 1_000
}
