import type { Cancel, Clock } from '../clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A clock that stands still until it is told to go on, and then jumps from timer to timer. */
export class VirtualClock implements Clock {
  private readonly timers = new Set<Timer>()
  private ms = 0
  private started = 0
  private readonly startUs: number

  constructor(startUs = 1_761_229_935_000_000) {
    this.startUs = startUs
  }

  nowUs(): number {
    return this.startUs + Math.floor(this.ms * 1_000)
  }

  monotonicMs(): number {
    return this.ms
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { atMs: this.ms + Math.max(0, ms), order: this.started++, run }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  /** Runs what is due within the next `ms`, in order. */
  advance(ms: number): void {
    const endMs = this.ms + ms
    for (let due = this.next(); due !== null && due.atMs <= endMs; due = this.next()) {
      this.timers.delete(due)
      this.ms = due.atMs
      due.run()
    }
    this.ms = endMs
  }

  /** Lets time pass without running anything, as on a machine that sleeps. */
  skip(ms: number): void {
    this.ms += ms
  }

  get pending(): number {
    return this.timers.size
  }

  private next(): Timer | null {
    let next: Timer | null = null
    for (const timer of this.timers) {
      if (next === null || timer.atMs < next.atMs) next = timer
      else if (timer.atMs === next.atMs && timer.order < next.order) next = timer
    }
    return next
  }
}
