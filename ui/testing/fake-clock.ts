import type { Cancel, Clock } from '../src/clock.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A clock that stands still until it is moved on. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #timers = new Set<Timer>()

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { atMs: this.#nowMs + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves on and runs what is due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#timers.delete(next)
      next.run()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Timer | undefined {
    return [...this.#timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .sort((a, b) => a.atMs - b.atMs)
      .at(0)
  }
}
