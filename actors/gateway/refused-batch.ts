/** What a batch of an SDK is refused of goes to the dead letters, once the log knows the batch. */
import type { BatchBytes } from '#actors/commit-log/commit-log.ts'
import type { LetterBox } from '#actors/commit-log/dead-letters/letter-box.ts'
import { tellRefused } from '#actors/commit-log/dead-letters/refused-records.ts'
import type { ProvenBatch } from '#actors/processing/prove-batch.ts'
import type { OfferOutcome } from '#actors/project/project.ts'
import { ROW_KINDS } from '#proto/columns.ts'

export interface JudgedBatch {
  readonly proof: ProvenBatch
  readonly batch: BatchBytes
}

/** A repeat was kept when it came first; what is not durable comes again. */
export function keepRefused(
  letters: Pick<LetterBox, 'drop'>,
  projectId: string,
  { proof, batch }: JudgedBatch,
  outcome: OfferOutcome,
): void {
  const appended = outcome.type === 'settled' ? outcome.outcomes[0] : undefined
  if (appended?.type !== 'durable' || appended.repeat) return
  if (proof.type === 'invalid') {
    const { reason } = proof
    const bytes = new Uint8Array(batch.memory, batch.offset, batch.length)
    return letters.drop({ projectId, source: 'sdk-batch', reason, bytes })
  }
  const { kind, rejected, refused } = proof
  if (refused === null) return
  const source = kind === ROW_KINDS.metric ? 'sdk-metrics' : 'sdk'
  letters.drop({ projectId, source, reason: tellRefused(rejected), bytes: refused })
}
