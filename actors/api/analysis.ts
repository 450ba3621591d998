/** Tables: what stages behind the bars of a query answer, and the member `aggregate` of a search. */

import { shape } from '#actors/store/analysis/tabulate.ts'
import type {
  AnalysisResult,
  LogStore,
  SearchPlanInput,
  SearchResult,
  Watch,
} from '#actors/store/store.ts'
import type { AggregateRequest, Table, TableColumn } from '#proto/api.ts'
import { ANALYSIS_ROWS_MAX } from '#proto/limits.ts'
import { COUNT_COLUMN, type Measure, PATTERN_COLUMNS, type Stage } from '#proto/query/analysis.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import { formatTime } from '#proto/time.ts'
import type { SearchBody } from './search-request.ts'

/** A search's answer without rows and counts, beside the table. */
export type AnalysisReply = SearchResult & Pick<AnalysisResult, 'table'>

export interface AnalysisTools {
  readonly store: Pick<LogStore, 'analyse' | 'patterns'>
  readonly signal: AbortSignal
  readonly watch?: Watch | undefined
}

export async function analysed(
  input: SearchPlanInput,
  stages: readonly Stage[],
  { store, signal, watch }: AnalysisTools,
): Promise<AnalysisReply> {
  const { intervalUs } = input
  const result =
    stages[0]?.type === 'patterns'
      ? await patternTable(input, stages, { store, signal })
      : await store.analyse({ ...input, stages, intervalUs }, signal, watch)
  const interval = intervalUs / 1_000_000
  const aggregations = { by_level: {}, by_service: {}, histogram: [], interval }
  return { ...result, logs: [], aggregations, next_cursor: null }
}

const PATTERN_TYPES: Readonly<Record<string, TableColumn['type']>> = {
  [COUNT_COLUMN]: 'number',
  first_seen: 'time',
  last_seen: 'time',
}

async function patternTable(
  input: SearchPlanInput,
  [, ...shaping]: readonly Stage[],
  { store, signal }: AnalysisTools,
): Promise<AnalysisResult> {
  const asked = { limit: ANALYSIS_ROWS_MAX + 1, examples: false, barUsOf: () => input.intervalUs }
  const result = await store.patterns({ ...input, ...asked }, signal)
  const columns = PATTERN_COLUMNS.map(name => ({ name, type: PATTERN_TYPES[name] ?? 'text' }))
  const rows = result.patterns.map(({ id, template, count, firstUs, lastUs }) => {
    return [count, template, String(id), formatTime(firstUs), formatTime(lastUs)]
  })
  const { total, positions, receivedAtUs, explain } = result
  const table = shape({ columns, rows }, shaping)
  return { total, positions, receivedAtUs, explain, table }
}

/** The most frequent values of a field, most frequent first. */
export async function topValues(
  input: SearchPlanInput,
  { field, count }: { readonly field: string; readonly count: number },
  { store, signal }: AnalysisTools,
): Promise<{ readonly value: string; readonly count: number }[]> {
  const stage = { type: 'top', count, field } as const
  const { table } = await store.analyse({ ...input, stages: [stage] }, signal)
  return table.rows.flatMap(([value, rows]) =>
    typeof value === 'string' ? [{ value, count: Number(rows) }] : [],
  )
}

/** Groups told at most: those with the largest values. */
const AGGREGATE_KEYS_MAX = 1_000

type AggregateValues = readonly { readonly key: string; readonly value: number | null }[]

export async function aggregated(
  asked: SearchBody['aggregate'],
  input: SearchPlanInput,
  { store, signal }: AnalysisTools,
): Promise<{ readonly aggregate?: AggregateValues }> {
  if (asked === undefined) return {}
  const { fn, field = '', by } = asked
  const measure: Measure = fn === 'count' ? { fn } : { fn, field }
  const stage = {
    type: 'summarize',
    measures: [measure],
    by: by === undefined ? [] : [by],
  } as const
  const { table } = await store.analyse({ ...input, stages: [stage] }, signal)
  return { aggregate: aggregateValues(table, by) }
}

/** Largest value first, then by key. */
function aggregateValues({ rows }: Table, by: AggregateRequest['by']): AggregateValues {
  if (by === undefined) return rows.map(row => ({ key: '', value: numberOf(row[0]) }))
  // An empty name is one here; rows without an attribute belong to no group.
  const none = fieldKind(by) === 'name' || fieldKind(by) === 'message' ? '' : null
  return rows
    .flatMap(([key = null, value]) => {
      const text = typeof key === 'string' ? key : none
      const number = numberOf(value)
      return text === null || number === null ? [] : [{ key: text, value: number }]
    })
    .toSorted((a, b) => b.value - a.value || (a.key < b.key ? -1 : 1))
    .slice(0, AGGREGATE_KEYS_MAX)
}

function numberOf(cell: Table['rows'][number][number] | undefined): number | null {
  return typeof cell === 'number' ? cell : null
}
