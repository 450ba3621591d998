/** Task: which rows of units match, by their numbers. */
import { compileMatcher, type RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { isCorrupt, segmentFiles } from '../segment-files.ts'
import { openUnit, type UnitRef } from '../units.ts'

export interface SelectInput {
  readonly units: readonly UnitRef[]
  readonly filter: RowFilter
}

export interface SelectResult {
  /** Units that have some. */
  readonly found: readonly { readonly id: number; readonly numbers: Uint32Array }[]
  readonly damaged: readonly { readonly id: number; readonly reason: string }[]
}

export function select({ units, filter }: SelectInput, { disk }: ThreadTools): SelectResult {
  const matcher = compileMatcher(filter)
  const files = segmentFiles(disk)
  const found: { id: number; numbers: Uint32Array }[] = []
  const damaged: { id: number; reason: string }[] = []
  for (const unit of units) {
    try {
      openUnit(unit, files, ({ rows, live, numberOf }) => {
        const numbers = live(matcher.select(rows)).map(numberOf)
        if (numbers.length > 0) found.push({ id: unit.id, numbers })
      })
    } catch (error) {
      if (!isCorrupt(error)) throw error
      damaged.push({ id: unit.id, reason: error.message })
    }
  }
  return { found, damaged }
}
