/** Records that a door refused, in words for a person. */
import type { RejectedRecord } from '#proto/people.ts'

/** Of those whose numbers are named. */
const RECORDS_TOLD_MAX = 100
/** Different reasons that are told. */
const REASONS_TOLD_MAX = 10

export function tellRecords(records: readonly number[]): string {
  const told = records.slice(0, RECORDS_TOLD_MAX).join(', ')
  const more = records.length - RECORDS_TOLD_MAX
  return `record${records.length === 1 ? '' : 's'} ${told}${more > 0 ? ` and ${more} more` : ''}`
}

/** `more`: refused ones beyond those. */
export function tellRefused(refused: readonly RejectedRecord[], more = 0): string {
  const byReason = new Map<string, number[]>()
  for (const { index, reason } of refused) {
    const indexes = byReason.get(reason)
    if (indexes === undefined) byReason.set(reason, [index])
    else indexes.push(index)
  }
  const told = [...byReason]
    .slice(0, REASONS_TOLD_MAX)
    .map(([reason, indexes]) => `${tellRecords(indexes)}: ${reason}`)
  const others = byReason.size - told.length
  if (others > 0) told.push(`${others} more reasons`)
  if (more > 0) told.push(`${more} more records`)
  return told.join('; ')
}
