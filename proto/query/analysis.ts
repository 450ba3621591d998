/**
 * What stands behind the bars of a query: stages, each of which works on what the one before it
 * answers. docs/query-language.md says what they mean to people.
 */
import type { Query } from './tree.ts'

/** Conditions, and what is asked about the logs that they hold for. */
export interface Search {
  readonly query: Query
  /** None = the logs themselves. */
  readonly stages: readonly Stage[]
}

export type Stage = TableStage | ShapingStage

/** From logs to a table: stands first. */
export type TableStage = SummarizeStage | TimechartStage | TopStage | UniqStage | PatternsStage

/** What shapes a table; `fields` and `limit` also logs. */
export type ShapingStage = FieldsStage | SortStage | LimitStage

/** One row a group; without `by` exactly one. */
export interface SummarizeStage {
  readonly type: 'summarize'
  /** At least one. */
  readonly measures: readonly Measure[]
  readonly by: readonly string[]
}

export interface TimechartStage {
  readonly type: 'timechart'
  /** Width of a bar; null = chosen by the range of time. */
  readonly everyS: number | null
  readonly measures: readonly Measure[]
  readonly by: readonly string[]
}

/** The most frequent values. */
export interface TopStage {
  readonly type: 'top'
  readonly count: number
  readonly field: string
}

/** How many different values there are. */
export interface UniqStage {
  readonly type: 'uniq'
  readonly field: string
}

export interface PatternsStage {
  readonly type: 'patterns'
}

export interface FieldsStage {
  readonly type: 'fields'
  readonly fields: readonly string[]
}

export interface SortStage {
  readonly type: 'sort'
  readonly keys: readonly SortKey[]
}

export interface SortKey {
  readonly column: string
  readonly isDescending: boolean
}

export interface LimitStage {
  readonly type: 'limit'
  readonly count: number
}

export const NUMBER_FUNCTIONS = [
  'sum',
  'avg',
  'min',
  'max',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
] as const
export type NumberFunction = (typeof NUMBER_FUNCTIONS)[number]

export type Measure =
  | { readonly fn: 'count' }
  | { readonly fn: NumberFunction; readonly field: string }

export const TOP_COUNT_DEFAULT = 10
/** The column of a timechart's bars: when each begins. */
export const TIME_COLUMN = 'time'
export const UNIQ_COLUMN = 'uniq'
export const COUNT_COLUMN = 'count'
/** The columns of `| patterns`. */
export const PATTERN_COLUMNS = [
  COUNT_COLUMN,
  'pattern',
  'pattern_id',
  'first_seen',
  'last_seen',
] as const

export function isTableStage(stage: Stage): stage is TableStage {
  return stage.type !== 'fields' && stage.type !== 'sort' && stage.type !== 'limit'
}

/** As the column of a measure is named: `count`, `p95(duration_ms)`. */
export function measureName(measure: Measure): string {
  return measure.fn === 'count' ? COUNT_COLUMN : `${measure.fn}(${measure.field})`
}

/** Names of the columns that a stage makes of logs, in order. */
export function columnsOf(stage: TableStage): readonly string[] {
  switch (stage.type) {
    case 'summarize':
      return [...stage.by, ...stage.measures.map(measureName)]
    case 'timechart':
      return [TIME_COLUMN, ...stage.by, ...stage.measures.map(measureName)]
    case 'top':
      return [stage.field, COUNT_COLUMN]
    case 'uniq':
      return [UNIQ_COLUMN]
    case 'patterns':
      return PATTERN_COLUMNS
  }
}
