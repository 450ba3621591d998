/** Task: counts of row groups from their summaries alone. */
import assert from 'node:assert/strict'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { Groups, type GroupsPart } from '../analysis/groups.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { compileCellFilter } from '../cell-filter.ts'
import { isCorrupt, segmentFiles } from '../segment-files.ts'
import { Tally, type TallyCounts, type TallyWanted } from '../tally.ts'

export interface SummarizeInput {
  readonly segments: readonly SummarizedGroups[]
  /** One that summaries answer: planCounts has chosen the row groups by it. */
  readonly filter: RowFilter
  readonly tally: TallyWanted
  /** null = none. */
  readonly groups: GroupsWanted | null
}

export interface SummarizedGroups {
  readonly path: string
  readonly groups: readonly number[]
}

export interface SummarizeResult {
  readonly tally: TallyCounts
  readonly groups: GroupsPart | null
  /** Row groups whose summary cannot be read: their rows have to be counted. */
  readonly unanswered: readonly SummarizedGroups[]
}

export function summarize(input: SummarizeInput, { disk }: ThreadTools): SummarizeResult {
  const files = segmentFiles(disk)
  const tally = new Tally(input.tally)
  const sums = input.groups && new Groups(input.groups)
  const cells = compileCellFilter(input.filter)
  assert(cells !== null, 'summaries are asked what they can answer')
  const unanswered: SummarizedGroups[] = []
  for (const { path, groups } of input.segments) {
    const answered = new Set<number>()
    try {
      // The files are opened once for all row groups: that takes longer than to add one up.
      files.use(path, segment => {
        for (const group of groups) {
          const summary = segment.index(group)?.summary
          if (summary === undefined) continue
          if (sums === null) tally.addCells(summary.counts, cells)
          else sums.addCells(summary.counts, cells)
          answered.add(group)
        }
      })
    } catch (error) {
      if (!isCorrupt(error)) throw error
    }
    const failed = groups.filter(group => !answered.has(group))
    if (failed.length > 0) unanswered.push({ path, groups: failed })
  }
  return { tally: tally.counts(), groups: sums && sums.part(), unanswered }
}
