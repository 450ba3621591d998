const WINDOW_MS = 5000

/** Events per second over the last five seconds, or since the first event where that is less. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = []
  #startedMs: number | null = null

  add(count: number, atMs: number): void {
    this.#startedMs ??= atMs
    this.#samples.push({ atMs, count })
    this.#forget(atMs)
  }

  perSecond(nowMs: number): number {
    this.#forget(nowMs)
    if (this.#startedMs === null) return 0
    const total = this.#samples.reduce((sum, { count }) => sum + count, 0)
    // A single early frame is not yet a rate: never divide by less than one second.
    return total / (Math.min(WINDOW_MS, Math.max(1000, nowMs - this.#startedMs)) / 1000)
  }

  reset(): void {
    this.#samples.length = 0
    this.#startedMs = null
  }

  #forget(nowMs: number): void {
    const kept = this.#samples.findIndex(({ atMs }) => atMs > nowMs - WINDOW_MS)
    this.#samples.splice(0, kept < 0 ? this.#samples.length : kept)
  }
}
