/** Reads the points of metrics of a project, newest first, page by page, whatever the store is. */
import { HttpProblem } from '#actors/http/problem.ts'
import type { LogStore, SearchPlanInput } from '#actors/store/store.ts'
import { metricsOf } from '#actors/store/streams.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import type { QueryTerm } from '#proto/query/tree.ts'
import { tokenize } from '#proto/tokens.ts'

/** Rows of one page. */
const PAGE_POINTS = 5_000
/** Points that one answer is made of: a series of 10 s has 8,640 a day. */
export const POINTS_READ_MAX = 200_000

export interface PointsWish {
  /** Of a question about the project; its times and services. */
  readonly plan: SearchPlanInput
  /** null = all metrics. */
  readonly name: string | null
  /** Exact values; rows with others may come, too. */
  readonly labels: Readonly<Record<string, string>>
  readonly max: number
}

/** Hands out pages of rows as JSON text; answers whether that was all. */
export async function readPoints(
  { plan, name, labels, max }: PointsWish,
  store: Pick<LogStore, 'search'>,
  signal: AbortSignal,
  take: (page: readonly string[]) => void | Promise<void>,
): Promise<boolean> {
  const input: SearchPlanInput = {
    ...plan,
    projectId: metricsOf(plan.projectId),
    query: { terms: pointTerms(name, labels) },
    order: 'desc',
    include: new Set(['logs']),
  }
  let cursor: string | null = null
  for (let left = max; left > 0; ) {
    const limit = Math.min(PAGE_POINTS, left)
    const { logs, next_cursor } = await store.search({ ...input, limit, cursor }, signal)
    await take(logs)
    if (next_cursor === null) return true
    cursor = next_cursor
    left -= logs.length
  }
  return false
}

export function tooManyPoints(): HttpProblem {
  const advice = 'narrow the time range, or name a service or a label'
  const detail = `more than ${POINTS_READ_MAX} points would be read: ${advice}`
  return new HttpProblem('LOGBOY_QUERY_TOO_DEAR', detail)
}

/** What an index can answer; rows of other names and labels may be among them. */
export function pointTerms(name: string | null, labels: PointsWish['labels']): QueryTerm[] {
  return [...nameTerms(name), ...labelTerms(labels)]
}

/** Words are what an index of messages can answer; that it is the whole name is seen in the row. */
function nameTerms(name: string | null): QueryTerm[] {
  const tokens = name === null ? [] : tokenize(name)
  return tokens.length === 0 ? [] : [{ type: 'phrase', tokens, hex: null }]
}

/** Fields of a row have rules of their own: labels of such names are compared in the row alone. */
function labelTerms(labels: PointsWish['labels']): QueryTerm[] {
  return Object.entries(labels)
    .filter(
      ([field, value]) =>
        value !== '' && (['service', 'host'].includes(field) || fieldKind(field) === 'attribute'),
    )
    .map(([field, value]) => ({ type: 'exact', field, value }))
}
