/** Task: counts of row groups from their summaries alone. */
import assert from 'node:assert/strict'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { Groups, type GroupsPart } from '../analysis/groups.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { compileCellFilter } from '../cell-filter.ts'
import { segmentFiles } from '../segment-files.ts'
import { Tally, type TallyCounts, type TallyWanted } from '../tally.ts'
import { answerGroups, type SegmentGroups, type Unanswered } from './answer-groups.ts'

export interface SummarizeInput {
  readonly segments: readonly SegmentGroups[]
  /** One that summaries answer: planCounts has chosen the row groups by it. */
  readonly filter: RowFilter
  readonly tally: TallyWanted
  /** null = none. */
  readonly groups: GroupsWanted | null
}

export interface SummarizeResult extends Unanswered {
  readonly tally: TallyCounts
  readonly groups: GroupsPart | null
}

export function summarize(input: SummarizeInput, { disk }: ThreadTools): SummarizeResult {
  const tally = new Tally(input.tally)
  const sums = input.groups && new Groups(input.groups)
  const cells = compileCellFilter(input.filter)
  assert(cells !== null, 'summaries are asked what they can answer')
  const unanswered = answerGroups(segmentFiles(disk), input.segments, (segment, group) => {
    const summary = segment.index(group)?.summary
    if (summary === undefined) return false
    if (sums === null) tally.addCells(summary.counts, cells)
    else sums.addCells(summary.counts, cells)
    return true
  })
  return { tally: tally.counts(), groups: sums && sums.part(), ...unanswered }
}
