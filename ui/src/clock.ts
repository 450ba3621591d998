/** Time as the page sees it: the only file that reads the browser's clock or sets a timer. */

/** Undoes what returned it; calling it twice or too late does nothing. */
export type Cancel = () => void

export interface Clock {
  /** Wall time in milliseconds since 1970. */
  nowMs(): number
  /** Runs `run` once after `ms` milliseconds. */
  after(ms: number, run: () => void): Cancel
}

export const browserClock: Clock = {
  nowMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Runs `run` every `ms` milliseconds until cancelled. */
export function every(clock: Clock, ms: number, run: () => void): Cancel {
  let cancel = clock.after(ms, tick)
  function tick(): void {
    cancel = clock.after(ms, tick)
    run()
  }
  return () => cancel()
}

/** A number in [0, 1) for the jitter of retries, where guessing it gains nobody anything. */
export function jitter(): number {
  const [bits = 0] = crypto.getRandomValues(new Uint32Array(1))
  return bits / 2 ** 32
}
