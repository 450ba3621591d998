/** The stage that makes a table of groups. */
import { isTableStage, type Stage, type TableStage } from '#proto/query/analysis.ts'

export type GroupingStage = Exclude<TableStage, { readonly type: 'patterns' }>

/** The first of the stages, which is one of these: whoever asks has seen to that. */
export function groupingStage([first]: readonly Stage[]): GroupingStage {
  if (first === undefined || !isTableStage(first) || first.type === 'patterns') {
    throw new RangeError('the first stage groups logs')
  }
  return first
}
