/** Task: the table of an analysis out of the groups that were collected. */
import type { Table } from '#proto/api.ts'
import type { Stage } from '#proto/query/analysis.ts'
import { groupingStage } from '../analysis/grouping-stage.ts'
import type { GroupsPart } from '../analysis/groups.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { measureGroups, measuresOf } from '../analysis/measured.ts'
import { tabulate } from '../analysis/tabulate.ts'

export interface TabulateInput {
  readonly stages: readonly Stage[]
  readonly part: GroupsPart
  readonly wanted: GroupsWanted
  readonly rowsMax?: number | undefined
}

export function tabulateGroups({ stages, part, wanted, rowsMax }: TabulateInput): Table {
  const measures = measuresOf(groupingStage(stages))
  return tabulate(stages, measureGroups(part, wanted, measures), rowsMax)
}
