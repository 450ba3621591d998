/** What logs have in common, and what stands around one: the calls behind lists and charts. */
import type { Level, Row } from '#proto/api.ts'
import { call } from './client.ts'

/** What all questions about logs are filtered by. */
export interface LogFilter {
  readonly project: string
  readonly query?: string
  readonly services?: readonly string[]
  readonly levels?: readonly Level[]
  /** RFC 3339. */
  readonly start_time?: string
  readonly end_time?: string
}

export interface FieldFact {
  readonly name: string
  readonly types: readonly ('text' | 'integer' | 'number' | 'boolean' | 'null' | 'json')[]
  readonly rows: number
  /** Part of the newest rows that have it, 0 to 1. */
  readonly share: number
  readonly distinct: number
}

export interface FieldFacts {
  readonly sample: number
  readonly fields: readonly FieldFact[]
}

export interface FacetValueFact {
  readonly value: string
  readonly count: number
}

export interface FacetFacts {
  readonly total: number
  readonly facets: readonly {
    readonly field: string
    readonly values: readonly FacetValueFact[]
    readonly has_more: boolean
  }[]
}

export interface Pattern {
  readonly pattern_id: string
  /** The message with <*> for values. */
  readonly pattern: string
  readonly count: number
  /** Part of the logs that match, 0 to 1. */
  readonly share: number
  readonly first_seen: string
  readonly last_seen: string
  readonly counts: readonly { readonly time: string; readonly count: number }[]
  readonly examples: readonly Row[]
}

export interface PatternFacts {
  readonly total: number
  readonly patterns_total: number
  /** Width of a bar in seconds. */
  readonly interval: number
  readonly patterns: readonly Pattern[]
}

export interface RowContext {
  /** Oldest first, as `after`. */
  readonly before: readonly Row[]
  readonly log: Row
  readonly after: readonly Row[]
  readonly has_more_before: boolean
  readonly has_more_after: boolean
}

export interface ContextWish {
  readonly project: string
  readonly id: string
  readonly by: 'service' | 'trace'
  /** Rows on each side at most. */
  readonly rows: number
}

export function readFields(filter: LogFilter, signal: AbortSignal): Promise<FieldFacts> {
  return call<FieldFacts>('POST', '/api/v1/logs/fields', { body: filter, signal })
}

export function readFacets(
  body: LogFilter & { readonly fields: readonly string[]; readonly limit: number },
  signal: AbortSignal,
): Promise<FacetFacts> {
  return call<FacetFacts>('POST', '/api/v1/logs/facets', { body, signal })
}

export function readPatterns(
  body: LogFilter & { readonly limit: number },
  signal: AbortSignal,
): Promise<PatternFacts> {
  return call<PatternFacts>('POST', '/api/v1/logs/patterns', { body, signal })
}

export function readContext(
  { project, id, by, rows }: ContextWish,
  signal: AbortSignal,
): Promise<RowContext> {
  const params = new URLSearchParams({ project, by, before: `${rows}`, after: `${rows}` })
  const path = `/api/v1/logs/${encodeURIComponent(id)}/context?${params}`
  return call<RowContext>('GET', path, { signal })
}
