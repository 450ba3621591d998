/**
 * Groups as their pages come, each of them once: all are held where the table has a row for each;
 * of `top` only those that may be in it, of `uniq` none.
 */
import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import type { Stage } from '#proto/query/analysis.ts'
import { groupingStage } from '../analysis/grouping-stage.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { type MeasuredGroup, measuredBytes } from '../analysis/measured.ts'
import { hasKey, mostFrequent, tabulate, tabulateCount } from '../analysis/tabulate.ts'
import { tooManyGroups } from '../analysis/too-many.ts'
import type { HeldMemory } from '../query-memory.ts'
import type { AnalysisResult } from '../store.ts'

export class GroupSum {
  /** Rows of all groups. */
  total = 0
  readonly #stages: readonly Stage[]
  readonly #wanted: GroupsWanted
  readonly #memory: HeldMemory
  #held: MeasuredGroup[] = []
  #counted = 0

  constructor(stages: readonly Stage[], wanted: GroupsWanted, memory: HeldMemory) {
    this.#stages = stages
    this.#wanted = wanted
    this.#memory = memory
  }

  add(page: readonly MeasuredGroup[]): void {
    this.total += page.reduce((sum, { rows }) => sum + rows, 0)
    const stage = groupingStage(this.#stages)
    if (stage.type === 'uniq') {
      this.#counted += page.filter(hasKey).length
      return
    }
    this.#held.push(...page)
    if (stage.type === 'top') this.#held = mostFrequent(stage, this.#held)
    if (this.#held.length > ANALYSIS_GROUPS_MAX) throw tooManyGroups('groups', this.#wanted)
    this.#memory.hold('groups', measuredBytes(this.#held))
  }

  table(rowsMax?: number): AnalysisResult['table'] {
    return groupingStage(this.#stages).type === 'uniq'
      ? tabulateCount(this.#stages, this.#counted)
      : tabulate(this.#stages, this.#held, rowsMax)
  }
}
