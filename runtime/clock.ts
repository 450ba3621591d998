/**
 * Time as the actors see it. Nothing outside this file reads the machine's clock or sets a timer,
 * so that a simulation can replace both.
 */

/** Undoes what returned it; calling it twice or too late does nothing. */
export type Cancel = () => void

export interface Clock {
  /** Wall time in whole microseconds since 1970. May jump; never use it to measure durations. */
  nowUs(): number
  /** Milliseconds since an arbitrary start, with fractions. Never goes back. */
  monotonicMs(): number
  /** Runs `run` once after `ms` milliseconds. A pending timer does not keep the process alive. */
  after(ms: number, run: () => void): Cancel
}

/** Until the wall clock is `atMs` past a whole multiple of `everyMs` again. */
export function untilNextMs(nowUs: number, everyMs: number, atMs: number): number {
  return everyMs - ((nowUs / 1_000 - atMs) % everyMs)
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Waits and keeps the process alive meanwhile: for commands, never for actors. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
