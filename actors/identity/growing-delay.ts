/** How long somebody has to wait who failed again and again: longer each time, forgotten later. */
import type { Clock } from '#runtime/clock.ts'

export interface DelayRule {
  /** So many failures cost nothing. */
  readonly free: number
  /** The wait behind the next one; it doubles with each. */
  readonly firstMs: number
  readonly maxMs: number
}

interface Failures {
  readonly count: number
  readonly atMs: number
}

/** Without a further failure for this long the first ones are forgotten. */
const FORGOTTEN_MS = 60 * 60_000
/** Who failed longest ago is forgotten first. */
const NAMES_MAX = 10_000

export class GrowingDelay {
  readonly #clock: Clock
  readonly #rule: DelayRule
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock, rule: DelayRule) {
    this.#clock = clock
    this.#rule = rule
  }

  /** 0 = they may try. */
  waitMs(name: string): number {
    const kept = this.#kept(name)
    if (kept === null || kept.count <= this.#rule.free) return 0
    const { firstMs, maxMs } = this.#rule
    const delayMs = Math.min(maxMs, firstMs * 2 ** (kept.count - this.#rule.free - 1))
    return Math.max(0, kept.atMs + delayMs - this.#clock.monotonicMs())
  }

  failed(name: string): void {
    const count = (this.#kept(name)?.count ?? 0) + 1
    this.#failures.delete(name)
    this.#failures.set(name, { count, atMs: this.#clock.monotonicMs() })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > NAMES_MAX && oldest !== undefined) this.#failures.delete(oldest)
  }

  /** Takes one failure back. */
  forgive(name: string): void {
    const kept = this.#kept(name)
    if (kept === null) return
    if (kept.count === 1) this.#failures.delete(name)
    else this.#failures.set(name, { ...kept, count: kept.count - 1 })
  }

  forget(name: string): void {
    this.#failures.delete(name)
  }

  #kept(name: string): Failures | null {
    const kept = this.#failures.get(name)
    if (kept === undefined) return null
    return this.#clock.monotonicMs() - kept.atMs < FORGOTTEN_MS ? kept : null
  }
}
