/** What a stage needs of each log: the parts of its group's key, and numbers. */
import type { Measure, NumberFunction } from '#proto/query/analysis.ts'
import type { GroupingStage } from './grouping-stage.ts'

export interface GroupsWanted {
  /** Width of the bar of time that is the first part of a key, in µs; null = no bars. */
  readonly barUs: number | null
  /** Fields whose values are the other parts. */
  readonly by: readonly string[]
  readonly numbers: readonly NumbersWanted[]
  /** Memory that groups and numbers may take, wherever they are collected. */
  readonly bytesMax: number
}

export interface NumbersWanted {
  readonly field: string
  /** Every single number is kept: quantiles are made of them. */
  readonly isEach: boolean
}

const SECOND_US = 1_000_000
export const QUANTILES: Readonly<Partial<Record<NumberFunction, number>>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

/** `intervalUs`: width of the bars of a timechart that names none. */
export function groupsWanted(
  stage: GroupingStage,
  { intervalUs, bytesMax }: { readonly intervalUs: number; readonly bytesMax: number },
): GroupsWanted {
  return { ...keysAndNumbers(stage, intervalUs), bytesMax }
}

function keysAndNumbers(stage: GroupingStage, intervalUs: number): Omit<GroupsWanted, 'bytesMax'> {
  switch (stage.type) {
    case 'summarize':
      return { barUs: null, by: stage.by, numbers: numbersWanted(stage.measures) }
    case 'timechart': {
      const barUs = stage.everyS === null ? intervalUs : stage.everyS * SECOND_US
      return { barUs, by: stage.by, numbers: numbersWanted(stage.measures) }
    }
    case 'top':
    case 'uniq':
      return { barUs: null, by: [stage.field], numbers: [] }
  }
}

function numbersWanted(measures: readonly Measure[]): readonly NumbersWanted[] {
  const isEach = new Map<string, boolean>()
  for (const measure of measures) {
    if (measure.fn === 'count') continue
    const { fn, field } = measure
    isEach.set(field, isEach.get(field) === true || QUANTILES[fn] !== undefined)
  }
  return Array.from(isEach, ([field, each]) => ({ field, isEach: each }))
}
