/**
 * Who runs next. A turn is a short stretch of one actor's work; between turns the event loop gets
 * to its sockets and timers. Nothing outside this file uses setImmediate.
 */

/** A turn ends after this many messages … */
export const TURN_MESSAGES_MAX = 64
/** … or after this long, whichever comes first: what one actor may delay everybody else. */
export const TURN_MS_MAX = 4

export interface Scheduler {
  /** Runs `turn` once, soon, never before this call returns. It must not throw. */
  schedule(turn: () => void, address: string): void
}

/** First come, first served, one round per turn of the event loop. */
class ImmediateScheduler implements Scheduler {
  #ready: (() => void)[] = []

  schedule(turn: () => void): void {
    this.#ready.push(turn)
    if (this.#ready.length === 1) setImmediate(() => this.#runRound())
  }

  /** Turns scheduled meanwhile belong to the next round: a microtask here would starve I/O. */
  #runRound(): void {
    const round = this.#ready
    this.#ready = []
    for (const turn of round) turn()
  }
}

export const systemScheduler: Scheduler = new ImmediateScheduler()

/** Settles after every callback and microtask that is ready now. */
export function nextRound(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
