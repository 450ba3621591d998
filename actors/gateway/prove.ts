/** Has a worker thread prove a batch, and hold its records against the project's schema. */
import type { BatchBytes } from '#actors/commit-log/commit-log.ts'
import type { ProveBatch, ProvenBatch } from '#actors/processing/prove-batch.ts'
import type { ProveBySchema } from '#actors/processing/prove-by-schema.ts'
import { type RunTaskOptions, runTask, type TaskRun } from './run-task.ts'

export interface Rules {
  /** Number that the sender wrote the batch at. */
  readonly schema: number
  /** JSON Schema of the records; null = none. */
  readonly recordSchema: string | null
}

/** Never rejects. */
export async function prove(
  { memory, offset, length }: BatchBytes,
  { schema, recordSchema }: Rules,
  { pool, onFault }: Pick<RunTaskOptions, 'pool' | 'onFault'>,
): Promise<ProvenBatch | Exclude<TaskRun<ProvenBatch>, { type: 'done' }>> {
  const batch: ProveBatch = { memory, offset, length, schema }
  const ran =
    recordSchema === null
      ? await runTask<ProvenBatch>('prove-batch', { pool, input: batch, onFault })
      : await runTask<ProvenBatch>('prove-by-schema', {
          pool,
          input: { ...batch, recordSchema } satisfies ProveBySchema,
          onFault,
        })
  return ran.type === 'done' ? ran.result : ran
}
