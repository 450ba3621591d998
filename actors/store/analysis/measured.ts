/** Groups with one value for each measure: what any engine computes, and a table is made of. */
import type { Measure } from '#proto/query/analysis.ts'
import type { GroupingStage } from './grouping-stage.ts'
import type { GroupsPart, KeyPart } from './groups.ts'
import { type GroupsWanted, QUANTILES } from './groups-wanted.ts'
import { PartQuantiles } from './part-quantiles.ts'

export interface MeasuredGroup {
  /** Start of its bar in µs; 0 without bars. */
  readonly barUs: number
  readonly key: readonly KeyPart[]
  readonly rows: number
  /** In the order of the measures. */
  readonly values: readonly (number | null)[]
}

/** A group and one of its values, as objects. */
const GROUP_BYTES = 200
const VALUE_BYTES = 16

/** About the memory that they take. */
export function measuredBytes(groups: readonly MeasuredGroup[]): number {
  return groups.reduce((sum, { key, values }) => {
    const chars = key.reduce((all, part) => all + (part?.length ?? 0), 0)
    return sum + GROUP_BYTES + chars * 2 + values.length * VALUE_BYTES
  }, 0)
}

/** What a stage asks of each group. */
export function measuresOf(stage: GroupingStage): readonly Measure[] {
  const isMeasuring = stage.type === 'summarize' || stage.type === 'timechart'
  return isMeasuring ? stage.measures : []
}

export function measureGroups(
  { keys, bars, rows, numbers }: GroupsPart,
  wanted: GroupsWanted,
  measures: readonly Measure[],
): MeasuredGroup[] {
  const quantiles = numbers.map(part => new PartQuantiles(part))
  const columns = measures.map(measure => {
    if (measure.fn === 'count') return Array.from(rows)
    const { fn, field } = measure
    const at = wanted.numbers.findIndex(each => each.field === field)
    const part = numbers[at]
    if (part === undefined) throw new RangeError(`nobody collected ${field}`)
    const { counts, sums, mins, maxs } = part
    const share = QUANTILES[fn]
    return Array.from(counts, (count, i): number | null => {
      if (count === 0) return null
      if (share !== undefined) return quantiles[at]?.of(i, share) ?? null
      if (fn === 'sum') return sums[i] as number
      if (fn === 'avg') return (sums[i] as number) / count
      if (fn === 'min') return mins[i] as number
      return maxs[i] as number
    })
  })
  return Array.from(rows, (count, i) => ({
    barUs: bars[i] ?? 0,
    key: keys.map(column => column[i] as KeyPart),
    rows: count,
    values: columns.map(column => column[i] as number | null),
  }))
}
