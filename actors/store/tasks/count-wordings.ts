/** Task: counts the matching rows of some units by their wording. */
import { compileMatcher, type RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { compilePruner } from '../prune.ts'
import { isCorrupt, type SegmentFiles, segmentFiles } from '../segment-files.ts'
import { openUnit, type UnitRef } from '../units.ts'
import { WordingCounter, type WordingCounts } from '../wording-counts.ts'

export interface CountWordingsInput {
  readonly units: readonly UnitRef[]
  readonly filter: RowFilter
  readonly barUs: number
}

export interface CountedWordings {
  readonly counts: WordingCounts
  /** Units that could not be read; nothing of theirs is counted. */
  readonly damaged: readonly { readonly id: number; readonly reason: string }[]
}

export function countWordings(input: CountWordingsInput, { disk }: ThreadTools): CountedWordings {
  const { filter, barUs } = input
  const files = segmentFiles(disk)
  const matcher = compileMatcher(filter)
  const prune = compilePruner(filter)
  const sum = new WordingCounter(barUs)
  const damaged: { id: number; reason: string }[] = []
  for (const unit of input.units) {
    try {
      const pruned = unit.type === 'stored' ? prunedUnit(unit, files, prune) : unit
      if (pruned === null) continue
      // All of a unit or nothing: damage may show only when the last column is touched.
      const own = new WordingCounter(barUs)
      openUnit(pruned, files, ({ rows, live, numberOf }) => {
        own.add(rows, live(matcher.select(rows)), { unit: unit.id, numberOf })
      })
      sum.merge(own.counts)
    } catch (error) {
      if (!isCorrupt(error)) throw error
      damaged.push({ id: unit.id, reason: error.message })
    }
  }
  return { counts: sum.counts, damaged }
}

/** With the blocks to read; null = none. A damaged index leaves out nothing. */
function prunedUnit(
  unit: UnitRef & { readonly type: 'stored' },
  files: SegmentFiles,
  prune: ReturnType<typeof compilePruner>,
): UnitRef | null {
  const blocks = files.use(unit.path, segment => {
    const group = segment.footer.groups[unit.group]
    const index = segment.index(unit.group)
    if (index === null || group === undefined) return null
    return prune({ group, index, read: segment.read })
  })
  return blocks === 0 ? null : { ...unit, blocks }
}
