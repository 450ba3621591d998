/** Where the store puts what it can never write, so that the rest goes on. */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'

export interface DeadLetters {
  /**
   * Settles once the letter is durable. `rows`: record numbers, ascending; null = the whole batch.
   */
  bury(entry: LogEntry, rows: readonly number[] | null, reason: string): Promise<void>
}
