import { pause } from '#runtime/clock.ts'
import type { Arena } from '../arena.ts'
import type { CommitLog } from '../commit-log.ts'

/** A commit log that a test may close and open again on the same data. */
export interface LogFixture {
  readonly arena: Arena
  readonly open: () => Promise<CommitLog>
}

export type Check = (title: string, body: (fixture: LogFixture) => Promise<void>) => void

export const PROJECT = 'project0aa'

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20)
}
