/** Which transport is used: the first that works, and now and then a try of the better one. */
import type { Cancel, Clock } from './clock.ts'
import type { Transport } from './transport.ts'

/**
 * After so long on the fallback the better transport is tried again; in vain: after twice as long.
 */
const FALLBACK_MS_MIN = 30_000
const FALLBACK_MS_MAX = 3_600_000

export interface TransportChoiceOptions {
  /** In order of preference; at least one. */
  readonly transports: readonly Transport[]
  readonly clock: Clock
  /** The best one is `current` again, and a connection over another one should end. */
  readonly onBetter: () => void
}

export class TransportChoice {
  private readonly options: TransportChoiceOptions
  private index = 0
  /** The server answered on the present connection. */
  private isProven = false
  private cancelFallback: Cancel | null = null
  private fallbackMs = FALLBACK_MS_MIN

  constructor(options: TransportChoiceOptions) {
    this.options = options
  }

  get current(): Transport {
    return this.options.transports[this.index] as Transport
  }

  /** A new connection begins. */
  connecting(): void {
    this.isProven = false
  }

  /** The server can be reached this way. */
  proven(): void {
    if (this.isProven) return
    this.isProven = true
    this.cancelFallback?.()
    this.cancelFallback = null
    if (this.index === 0) this.fallbackMs = FALLBACK_MS_MIN
    else {
      this.cancelFallback = this.options.clock.after(this.fallbackMs, () => this.leaveFallback())
      this.fallbackMs = Math.min(FALLBACK_MS_MAX, 2 * this.fallbackMs)
    }
  }

  /** The connection is lost: one that never worked is not tried again at once. */
  lost(): void {
    if (!this.isProven) this.index = (this.index + 1) % this.options.transports.length
  }

  close(): void {
    this.cancelFallback?.()
  }

  private leaveFallback(): void {
    this.cancelFallback = null
    this.index = 0
    this.options.onBetter()
  }
}
