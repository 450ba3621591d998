/** The task that prints the records of a dead letter of the store, for a person to repair. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { entryInLetter } from '#actors/commit-log/dead-letters/entry-letter.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { recordLines } from './record-lines.ts'

/** JSON is longer than columns. */
const TEXT_BYTES_MAX = 8 * LETTER_BYTES_MAX

export interface LetterRecords {
  readonly bytes: Uint8Array
}

/** null = there are none that JSON could say. */
export function letterRecords({ bytes }: LetterRecords): string | null {
  const { envelope, batch } = entryInLetter({ bytes })
  const columns = openProven(batch)
  if (columns.kind !== ROW_KINDS.log) return null
  const refused = new Set(envelope.rejected)
  const meant = Array.from({ length: columns.count }, (_, row) => row).filter(
    row => !refused.has(row),
  )
  const lines = recordLines(columns, meant, TEXT_BYTES_MAX)
  return lines === null ? null : Buffer.from(lines).toString()
}
