import assert from 'node:assert/strict'
import type { Cancel, Clock } from '../clock.ts'
import type { Random } from '../random.ts'

interface Timer {
  readonly atMs: number
  /** Decides among timers of the same instant. */
  readonly tie: number
  readonly run: () => void
}

export interface VirtualClockOptions {
  /** Wall time at the start; 2026-01-01 unless told. */
  readonly startUs?: number
  /** Puts timers of one instant into random order; without it they run in order of setting. */
  readonly random?: Random
}

const START_US = Date.UTC(2026, 0, 1) * 1000

/** Time that stands still until somebody moves it. */
export class VirtualClock implements Clock {
  readonly #random: Random | undefined
  /** Latest first, so that the next one is popped from the end. */
  readonly #timers: Timer[] = []
  #startUs: number
  #nowMs = 0
  #set = 0

  constructor(options: VirtualClockOptions = {}) {
    this.#startUs = options.startUs ?? START_US
    this.#random = options.random
  }

  nowUs(): number {
    return this.#startUs + Math.floor(this.#nowMs * 1000)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Cancel {
    const tie = this.#random === undefined ? this.#set++ : this.#random.uint32()
    const timer = { atMs: this.#nowMs + Math.max(0, ms), tie, run }
    this.#timers.splice(this.#place(timer), 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  /** Jumps to the next timer and runs it; false = there is none. */
  runNext(): boolean {
    const timer = this.#timers.pop()
    if (timer === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, timer.atMs)
    timer.run()
    return true
  }

  /** Runs, in order, every timer that is due within `ms`, those set meanwhile included. */
  advance(ms: number): void {
    assert(ms >= 0, 'time does not go back')
    const untilMs = this.#nowMs + ms
    while ((this.#timers.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) <= untilMs) this.runNext()
    this.#nowMs = untilMs
  }

  /** The machine's wall time is set anew, as NTP does; nothing else moves. */
  shiftWall(ms: number): void {
    this.#startUs += ms * 1000
  }

  #place(timer: Timer): number {
    let [low, high] = [0, this.#timers.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#timers[middle] as Timer
      const later = other.atMs > timer.atMs || (other.atMs === timer.atMs && other.tie > timer.tie)
      if (later) low = middle + 1
      else high = middle
    }
    return low
  }
}
