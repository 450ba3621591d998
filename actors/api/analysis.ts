/** Tables: what stages behind the bars of a query answer, and the member `aggregate` of a search. */
import { HttpProblem } from '#actors/http/problem.ts'
import type {
  AnalysisResult,
  LogStore,
  SearchPlanInput,
  SearchResult,
} from '#actors/store/store.ts'
import type { AggregateRequest, Table } from '#proto/api.ts'
import { isTableStage, type Measure, type Stage } from '#proto/query/analysis.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import type { SearchBody } from './search-request.ts'

/** A search's answer without rows and counts, beside the table. */
export type AnalysisReply = SearchResult & Pick<AnalysisResult, 'table'>

interface AnalysisTools {
  readonly store: Pick<LogStore, 'analyse'>
  readonly signal: AbortSignal
}

export async function analysed(
  input: SearchPlanInput,
  stages: readonly Stage[],
  { store, signal }: AnalysisTools,
): Promise<AnalysisReply> {
  if (stages.some(stage => isTableStage(stage) && stage.type === 'patterns')) {
    throw new HttpProblem('LOGBOY_BAD_QUERY', 'query: patterns are not counted yet')
  }
  const { intervalUs } = input
  const result = await store.analyse({ ...input, stages, intervalUs }, signal)
  const interval = intervalUs / 1_000_000
  const aggregations = { by_level: {}, by_service: {}, histogram: [], interval }
  return { ...result, logs: [], aggregations, next_cursor: null }
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
