import type { Consumer, Consumption, Follower, Following, LogEntry } from '../commit-log.ts'
import { Positions } from '../positions.ts'

/**
 * A follower of a journal is a consumer that is shown the entries of watched projects alone. It
 * keeps nothing back from being trimmed: what it lacks it reads, or is told that it is gone.
 */
export class JournalFollowing implements Following {
  readonly #follower: Follower
  readonly #watched = new Set<string>()
  readonly #consumption: Consumption

  constructor(
    follower: Follower,
    end: Positions,
    consume: (consumer: Omit<Consumer, 'name'>) => Consumption,
  ) {
    this.#follower = follower
    this.#consumption = consume({ from: end, receive: entries => this.#receive(entries) })
  }

  watch(projectId: string): void {
    this.#watched.add(projectId)
  }

  unwatch(projectId: string): void {
    this.#watched.delete(projectId)
  }

  stop(): void {
    void this.#consumption.stop()
  }

  #receive(entries: readonly LogEntry[]): void | Promise<void> {
    const last = entries.at(-1)
    if (last === undefined) return
    const positions = Positions.NONE.with(last)
    this.#consumption.passed(positions)
    return this.#follower.receive({
      entries: entries.filter(({ envelope }) => this.#watched.has(envelope.projectId)),
      covered: { positions, receivedAtUs: Number(last.envelope.receivedAtUs) },
    })
  }
}
