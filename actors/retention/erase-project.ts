/** What is left of a deleted project in store and dead letters goes. */
import type { DeadLetters } from '#actors/commit-log/dead-letters/dead-letters.ts'
import type { LogStore } from '#actors/store/store.ts'
import { streamsOf } from '#actors/store/streams.ts'

export interface EraseDeps {
  readonly store: Pick<LogStore, 'drop'>
  readonly deadLetters: Pick<DeadLetters, 'list' | 'delete'>
}

/** May be done again: batches that were on their way come after the first time. */
export async function eraseProject(
  projectId: string,
  { store, deadLetters }: EraseDeps,
): Promise<void> {
  for (const stream of streamsOf(projectId)) await store.drop(stream)
  const letters = await deadLetters.list({ projectId, limit: Number.POSITIVE_INFINITY })
  if (letters.length > 0) await deadLetters.delete(letters.map(({ id }) => id))
}
