/** How many logs are due by now: a steady rate with an optional burst every so often. Pure. */

export interface PaceOptions {
  /** Logs per second. */
  readonly rate: number
  /** Seconds between bursts, 0 = none. A burst lasts a second at ten times the rate. */
  readonly burstIntervalS: number
}

const BURST_FACTOR = 10
const BURST_S = 1

/** Logs that should have been written `elapsedS` seconds after the start. */
export function dueAfter(elapsedS: number, { rate, burstIntervalS }: PaceOptions): number {
  const steady = rate * elapsedS
  if (burstIntervalS <= 0) return Math.floor(steady)
  const complete = Math.floor(elapsedS / burstIntervalS)
  const running = Math.min(BURST_S, elapsedS - complete * burstIntervalS)
  // The first burst comes after the first interval, not at the start.
  const burstS = complete === 0 ? 0 : (complete - 1) * BURST_S + running
  return Math.floor(steady + burstS * rate * (BURST_FACTOR - 1))
}
