const WINDOW_MS = 5000
/** More of one moment tell nothing that fewer do not. */
const SAMPLES_MAX = 2000
const TOLD_FOR_MS = 500

/** How long the rows of the last five seconds were on their way to the server: their median. */
export class DelayMeter {
  #samples: { readonly atMs: number; readonly delayMs: number }[] = []
  #median: number | null = null
  #toldMs = Number.NEGATIVE_INFINITY

  add(delaysMs: readonly number[], atMs: number): void {
    for (const delayMs of delaysMs) this.#samples.push({ atMs, delayMs })
    this.#forget(atMs)
  }

  /** null = nothing came lately. */
  medianMs(nowMs: number): number | null {
    // Asked with every picture, read by people.
    if (nowMs - this.#toldMs < TOLD_FOR_MS) return this.#median
    this.#toldMs = nowMs
    this.#forget(nowMs)
    const sorted = this.#samples.map(({ delayMs }) => delayMs).sort((a, b) => a - b)
    this.#median = sorted[sorted.length >> 1] ?? null
    return this.#median
  }

  reset(): void {
    this.#samples = []
    this.#toldMs = Number.NEGATIVE_INFINITY
  }

  #forget(nowMs: number): void {
    const kept = this.#samples.filter(({ atMs }) => atMs > nowMs - WINDOW_MS)
    this.#samples = kept.slice(-SAMPLES_MAX)
  }
}
