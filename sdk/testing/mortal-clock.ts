import type { Cancel, Clock } from '../clock.ts'

/** The clock of a process that can die: what it had planned never happens then. */
export class MortalClock implements Clock {
  private readonly clock: Clock
  private isAlive = true

  constructor(clock: Clock) {
    this.clock = clock
  }

  nowUs(): number {
    return this.clock.nowUs()
  }

  monotonicMs(): number {
    return this.clock.monotonicMs()
  }

  after(ms: number, run: () => void): Cancel {
    return this.clock.after(ms, () => {
      if (this.isAlive) run()
    })
  }

  kill(): void {
    this.isAlive = false
  }
}
