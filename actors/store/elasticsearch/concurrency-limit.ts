/**
 * How many bulk requests run at once, found out by watching: one more while answers stay about as
 * fast as the fastest, fewer when they get slow, half when the server says it is too much.
 */

export interface ConcurrencyOptions {
  readonly min: number
  readonly max: number
}

/** Answers that are slower than the fastest by this factor are a queue in the server. */
const SLOW_FACTOR = 3
/** The fastest answer is forgotten slowly: indices grow, neighbours come. */
const FASTEST_DECAY = 1.01
/** Answers under this are fast whatever the fastest was. */
const FAST_MS = 50

export class ConcurrencyLimit {
  readonly #options: ConcurrencyOptions
  #limit: number
  #fastestMs = Number.POSITIVE_INFINITY
  /** Answers since the limit changed: one round is needed before it changes again. */
  #answers = 0
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: ConcurrencyOptions) {
    this.#options = options
    this.#limit = options.min
  }

  get limit(): number {
    return this.#limit
  }

  get running(): number {
    return this.#running
  }

  /** Settles when there is room; `leave` has to follow. */
  enter(): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running++
      return Promise.resolve()
    }
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  leave(): void {
    this.#running--
    while (this.#running < this.#limit) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#running++
      next()
    }
  }

  /** A request was answered after so long. */
  answered(ms: number): void {
    this.#fastestMs = Math.min(this.#fastestMs * FASTEST_DECAY, ms)
    if (++this.#answers < this.#limit) return
    if (ms > FAST_MS && ms > this.#fastestMs * SLOW_FACTOR) this.#change(this.#limit - 1)
    else this.#change(this.#limit + 1)
  }

  /** The server refused for load. */
  refused(): void {
    this.#change(Math.floor(this.#limit / 2))
  }

  observe(): Record<string, number> {
    return { limit: this.#limit, running: this.#running, waiting: this.#waiting.length }
  }

  #change(limit: number): void {
    this.#answers = 0
    this.#limit = Math.max(this.#options.min, Math.min(this.#options.max, limit))
  }
}
