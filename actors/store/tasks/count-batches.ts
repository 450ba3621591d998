/** Task: the summaries of recent batches, made once a search asks for counts. */
import { summarize } from '#actors/processing/summary.ts'
import type { RecentPart } from '../recent.ts'
import type { Cells } from '../tally.ts'
import { openPart } from '../units.ts'

export interface CountBatchesInput {
  readonly parts: readonly RecentPart[]
}

export function countBatches({ parts }: CountBatchesInput): Cells[] {
  return parts.map(part => {
    const { services, minutes, serviceOf, levels, counts } = summarize(openPart(part), part.length)
    return { services, minute: minutes, service: serviceOf, level: levels, count: counts }
  })
}
