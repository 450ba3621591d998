/** Adds up what summaries say, for filters that they can answer. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import { compileCellTest, compileMinuteTest } from './plan.ts'
import type { Cells, Tally } from './tally.ts'

/** Adds the cells that match to a tally. */
export function compileAdding(filter: RowFilter, tally: Tally): (cells: Cells) => void {
  const inRange = compileMinuteTest(filter)
  const test = compileCellTest(filter)
  return cells => {
    const { services, service, level, minute } = cells
    tally.addCells(
      cells,
      cell =>
        inRange(minute[cell] as number) &&
        test !== null &&
        test(services[service[cell] as number] as string, level[cell] as number),
    )
  }
}
