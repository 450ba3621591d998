import type { Clock } from './clock.ts'

const QUIET_MS = 60_000

/**
 * Tells a person at the terminal what the SDK has trouble with: at most one line a minute, so that
 * it never floods the log it is there for.
 */
export class Diagnostics {
  private readonly clock: Clock
  private readonly write: (line: string) => void
  private quietUntilMs = Number.NEGATIVE_INFINITY
  private suppressed = 0
  /** The last trouble, told or not. */
  last: string | null = null

  constructor(clock: Clock, write: (line: string) => void) {
    this.clock = clock
    this.write = write
  }

  trouble(message: string): void {
    this.last = message
    const nowMs = this.clock.monotonicMs()
    if (nowMs < this.quietUntilMs) {
      this.suppressed++
      return
    }
    const more = this.suppressed === 0 ? '' : ` (and ${this.suppressed} more in the last minute)`
    this.quietUntilMs = nowMs + QUIET_MS
    this.suppressed = 0
    try {
      this.write(`logboy: ${message}${more}\n`)
    } catch {
      // A closed stderr is no reason to fail an application.
    }
  }
}
