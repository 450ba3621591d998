/** One direction of a connection: what is pushed arrives in order, each thing after some time. */
import type { Clock } from '#runtime/clock.ts'

export interface PipeOptions<Item> {
  readonly clock: Clock
  readonly latencyMs: () => number
  readonly deliver: (item: Item) => void
}

export class Pipe<Item> {
  readonly #options: PipeOptions<Item>
  readonly #items: Item[] = []
  #lastMs = 0
  #isCut = false

  constructor(options: PipeOptions<Item>) {
    this.#options = options
  }

  push(item: Item, delayMs = 0): void {
    if (this.#isCut) return
    const { clock, latencyMs, deliver } = this.#options
    const nowMs = clock.monotonicMs()
    this.#lastMs = Math.max(this.#lastMs, nowMs + latencyMs() + delayMs)
    this.#items.push(item)
    // Timers of one instant may change places; what they deliver may not.
    clock.after(this.#lastMs - nowMs, () => {
      const next = this.#items.shift()
      if (next !== undefined && !this.#isCut) deliver(next)
    })
  }

  /** Nothing more arrives. */
  cut(): void {
    this.#isCut = true
  }
}
