/** The requests behind one view of the explorer, made from its state. */
import type { Level, Row, SearchPart, SearchRequest } from '#proto/api.ts'
import { resolveRange } from '../time/time-range-model.ts'
import type { ExploreState } from './explore-url-model.ts'
import { conditionsOf, stagesOf } from './query-check.ts'
import { withTerm } from './query-text-model.ts'
import { nextMicrosecond } from './row-order.ts'
import type { Hole } from './tail-model.ts'

export const PAGE_ROWS = 200
export const HOLE_PAGE_ROWS = 2000

/** A state whose span was fixed, so that all requests of a view and its later pages agree. */
export interface SearchScope {
  readonly project: string
  readonly query: string
  /** The query without what stands behind its bars. */
  readonly conditions: string
  readonly levels: readonly Level[]
  readonly services: readonly string[]
  readonly fromMs: number
  /** Null = open: rows that clocks ahead of ours have stamped belong to "now" as well. */
  readonly toMs: number | null
  readonly barMs: number
  /** When the span was fixed. */
  readonly searchedMs: number
}

export function scopeOf(options: {
  readonly state: Pick<ExploreState, 'query' | 'levels' | 'services' | 'range'>
  readonly projectId: string
  readonly nowMs: number
  readonly barMs: number
}): SearchScope {
  const { state, projectId, nowMs, barMs } = options
  const { fromMs, toMs } = resolveRange(state.range, nowMs)
  return {
    project: projectId,
    query: state.query,
    conditions: conditionsOf(state.query),
    levels: state.levels,
    services: state.services,
    fromMs,
    toMs: state.range.kind === 'relative' ? null : toMs,
    barMs,
    searchedMs: nowMs,
  }
}

/** The newest rows; with `parts` also the counts of the same snapshot. */
export function firstPage(scope: SearchScope, parts: readonly SearchPart[]): SearchRequest {
  return { ...baseRequest(scope), limit: PAGE_ROWS, include: parts, interval: scope.barMs / 1000 }
}

export function nextPage(scope: SearchScope, cursor: string, limit = PAGE_ROWS): SearchRequest {
  return { ...baseRequest(scope), limit, include: ['logs'], cursor }
}

/** The rows after a row, without a cursor: its microsecond is read again, ids tell repeats. */
export function pageBelow(scope: SearchScope, row: Row): SearchRequest {
  const end_time = nextMicrosecond(row.time)
  return { ...baseRequest(scope), limit: PAGE_ROWS, include: ['logs'], end_time }
}

/** Total and bars; a facet is counted here unless it is filtered by itself. */
export function countsRequest(scope: SearchScope): SearchRequest {
  return {
    ...countedRequest(scope),
    limit: 1,
    include: countParts(scope),
    interval: scope.barMs / 1000,
  }
}

export function countParts({ levels, services }: SearchScope): SearchPart[] {
  return [
    'total',
    'histogram',
    ...(levels.length === 0 ? (['by_level'] as const) : []),
    ...(services.length === 0 ? (['by_service'] as const) : []),
  ]
}

/** What the other levels would give: counted as if no level were chosen. */
export function levelFacetRequest(scope: SearchScope): SearchRequest | null {
  if (scope.levels.length === 0) return null
  return { ...countedRequest({ ...scope, levels: [] }), limit: 1, include: ['by_level'] }
}

export function serviceFacetRequest(scope: SearchScope): SearchRequest | null {
  if (scope.services.length === 0) return null
  return { ...countedRequest({ ...scope, services: [] }), limit: 1, include: ['by_service'] }
}

/** The newest row of the project at any time: is it empty, or just quiet? */
export function newestRequest(project: string): SearchRequest {
  return { project, limit: 1, include: ['logs'] }
}

/** The rows of a hole in the tail, by receive time; event times do not matter to a tail. */
export function holeRequest(scope: SearchScope, hole: Hole, cursor: string | null): SearchRequest {
  const { start_time: _start, end_time: _end, ...filters } = baseRequest(scope)
  return {
    ...filters,
    ingested_start: hole.from,
    ingested_end: hole.toIncluded ? nextMicrosecond(hole.to) : hole.to,
    limit: HOLE_PAGE_ROWS,
    include: ['logs'],
    ...(cursor === null ? {} : { cursor }),
  }
}

/** The table that `stages` make of the rows of a scope. */
export function analysisRequest(scope: SearchScope, stages: string): SearchRequest {
  const query = withStages(scope.conditions, stages)
  return { ...baseRequest({ ...scope, query }), limit: 1, include: ['logs'] }
}

/** The smallest and the largest number of a field, as the one row of a table. */
export function rangeRequest(scope: SearchScope, field: string): SearchRequest {
  const name = JSON.stringify(field)
  return analysisRequest(scope, `| min(${name}), max(${name})`)
}

/** Path and parameters of the tail socket for the same filters. */
export function tailPath(scope: SearchScope, after: string): string {
  const params = new URLSearchParams({ project: scope.project, after })
  if (scope.query !== '') params.set('query', scope.query)
  if (scope.services.length > 0) params.set('services', scope.services.join(','))
  if (scope.levels.length > 0) params.set('levels', scope.levels.join(','))
  return `/api/v1/tail?${params}`
}

export type ExportFormat = 'ndjson' | 'csv' | 'parquet'

/** Path and parameters of the file with all that match; `columns` are those of CSV. */
export function exportPath(
  scope: SearchScope,
  format: ExportFormat,
  columns: readonly string[] = [],
): string {
  const params = new URLSearchParams({
    project: scope.project,
    format,
    start_time: new Date(scope.fromMs).toISOString(),
  })
  if (scope.toMs !== null) params.set('end_time', new Date(scope.toMs).toISOString())
  if (scope.conditions !== '') params.set('query', scope.conditions)
  if (scope.services.length > 0) params.set('services', scope.services.join(','))
  if (scope.levels.length > 0) params.set('levels', scope.levels.join(','))
  if (columns.length > 0) params.set('columns', columns.join(','))
  return `/api/v1/logs/export?${params}`
}

/** Counts of the span right before; moved by `shiftMs` its bars lie on those of the scope. */
export function beforeRequest(scope: SearchScope): {
  readonly request: SearchRequest
  readonly shiftMs: number
} {
  const { fromMs, barMs } = scope
  const span = (scope.toMs ?? scope.searchedMs) - fromMs
  const request = countedRequest({ ...scope, fromMs: fromMs - span, toMs: fromMs })
  const include: SearchPart[] = ['total', 'histogram']
  return {
    request: { ...request, limit: 1, include, interval: barMs / 1000 },
    shiftMs: Math.round(span / barMs) * barMs,
  }
}

/** Counts are those of the logs, whatever is asked about them. */
function countedRequest(scope: SearchScope): SearchRequest {
  return baseRequest({ ...scope, query: scope.conditions })
}

/** `stages` may begin with conditions of their own. */
function withStages(conditions: string, stages: string): string {
  const own = conditionsOf(stages)
  const all = own === '' ? conditions : withTerm(conditions, own)
  return `${all} ${stagesOf(stages)}`.trim()
}

function baseRequest(scope: SearchScope): SearchRequest {
  return {
    project: scope.project,
    start_time: new Date(scope.fromMs).toISOString(),
    ...(scope.toMs === null ? {} : { end_time: new Date(scope.toMs).toISOString() }),
    ...(scope.query === '' ? {} : { query: scope.query }),
    ...(scope.levels.length === 0 ? {} : { levels: scope.levels }),
    ...(scope.services.length === 0 ? {} : { services: scope.services }),
  }
}
