/**
 * Sends what is left before the process ends: when it has nothing more to do, on SIGTERM and
 * SIGINT, and on an uncaught exception. The application's own way to end is kept: a signal still
 * kills where nobody else handles it, an exception still crashes.
 */

/** The parts of `process` that are used. */
export interface HostProcess {
  readonly pid: number
  on(event: string, listener: (...values: unknown[]) => void): unknown
  off(event: string, listener: (...values: unknown[]) => void): unknown
  listenerCount(event: string): number
  kill(pid: number, signal: string): unknown
}

/** One logger that wants to be asked before the end. */
export interface ExitMember {
  /** Whether anything waits to be sent. */
  isPending(): boolean
  /**
   * Sends it within the time allowed, keeping the process alive meanwhile; false = not all of it.
   */
  flush(): Promise<boolean>
  /** An exception that nobody caught: it becomes a record of its own. */
  uncaught(error: unknown): void
  /** The end is here: only what can be done at once. */
  exiting(): void
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
type Listener = (...values: unknown[]) => void

/**
 * One per process, shared by all loggers: several would each take the others for the application.
 */
export class ExitHooks {
  private readonly process: HostProcess
  /** Throws from a turn of its own, so that the process ends as it would have. */
  private readonly rethrow: (error: unknown) => void
  private readonly members = new Set<ExitMember>()
  private readonly listeners: ReadonlyMap<string, Listener>
  /** What could not be sent once is not tried again: the process has to end. */
  private isGivenUp = false

  constructor(process: HostProcess, rethrow: (error: unknown) => void) {
    this.process = process
    this.rethrow = rethrow
    this.listeners = new Map<string, Listener>([
      ['beforeExit', () => this.beforeExit()],
      ['uncaughtException', error => this.uncaught(error)],
      ['exit', () => this.exiting()],
      ...SIGNALS.map((signal): [string, Listener] => [signal, () => this.signalled(signal)]),
    ])
  }

  /** Adds a logger; the answer removes it. Listeners are there while there are loggers. */
  join(member: ExitMember): () => void {
    if (this.members.size === 0) {
      for (const [event, listener] of this.listeners) this.process.on(event, listener)
    }
    this.members.add(member)
    return () => {
      if (this.members.delete(member) && this.members.size === 0) this.remove()
    }
  }

  private beforeExit(): void {
    const pending = [...this.members].filter(member => member.isPending())
    if (pending.length === 0 || this.isGivenUp) return
    void this.flush(pending).then(isFlushed => {
      this.isGivenUp = !isFlushed
    })
  }

  private exiting(): void {
    for (const member of this.members) member.exiting()
  }

  private uncaught(error: unknown): void {
    // With a handler of the application's own, it decides whether this is the end.
    const isEnd = this.process.listenerCount('uncaughtException') === 1
    for (const member of this.members) member.uncaught(error)
    void this.flush([...this.members]).then(() => {
      if (!isEnd) return
      this.leave()
      this.rethrow(error)
    })
  }

  private signalled(signal: string): void {
    const isEnd = this.process.listenerCount(signal) === 1
    void this.flush([...this.members]).then(() => {
      if (!isEnd) return
      this.leave()
      this.process.kill(this.process.pid, signal)
    })
  }

  private async flush(members: readonly ExitMember[]): Promise<boolean> {
    const flushed = await Promise.all(members.map(member => member.flush()))
    return flushed.every(Boolean)
  }

  /** The process ends now; where a signal kills it, it does not say `exit`. */
  private leave(): void {
    this.exiting()
    this.remove()
  }

  private remove(): void {
    for (const [event, listener] of this.listeners) this.process.off(event, listener)
  }
}
