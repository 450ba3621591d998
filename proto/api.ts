/**
 * Bodies of the REST interface and rows as people see them; server, browser, CLI and tests share
 * them.
 */

export const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
export type Level = (typeof LEVELS)[number]

/** OpenTelemetry severity number of a level: the first of its four. */
export const SEVERITY_OF_LEVEL: Readonly<Record<Level, number>> = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  WARN: 13,
  ERROR: 17,
  FATAL: 21,
}

/** The level a severity number 1-24 belongs to. */
export function levelOfSeverity(severity: number): Level {
  return LEVELS[Math.min(5, Math.max(0, (severity - 1) >> 2))] as Level
}

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

/** One log as search, tail and CLI give it. Integers over 2^53 are strings. */
export interface Row {
  /** RFC 3339 in UTC with as many digits as the time has (3, 6 or 9). */
  readonly time: string
  readonly level: Level
  /** The level as written, where it is none of ours. */
  readonly severity_text?: string
  readonly service: string
  readonly host: string
  readonly message: string
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly attributes: Readonly<Record<string, Json>>
  readonly ingested_at: string
  readonly file: string
  readonly pattern_id: string | null
  /** 28 characters base32hex; sorts like (producer, epoch, sequence, row). */
  readonly id: string
  /**
   * What was decided for the row: 'level_inferred', 'level_defaulted', 'time_missing',
   * 'time_clamped'.
   */
  readonly flags?: readonly string[]
}

export interface SearchRequest {
  readonly query?: string
  readonly services?: readonly string[]
  /** In any case. */
  readonly levels?: readonly string[]
  /** RFC 3339 or epoch; event time, start included, end excluded. */
  readonly start_time?: string | number
  readonly end_time?: string | number
  /** The same in receive time. */
  readonly ingested_start?: string | number
  readonly ingested_end?: string | number
  readonly limit?: number
  readonly offset?: number
  readonly cursor?: string
  /** Newest first unless 'asc'. */
  readonly order?: 'desc' | 'asc'
  /** What to compute; all unless given. */
  readonly include?: readonly SearchPart[]
  /** Width of histogram bars, seconds or '1m'; chosen for about 60 bars unless given. */
  readonly interval?: string | number
  readonly aggregate?: AggregateRequest
  readonly project?: string
}

export const SEARCH_PARTS = ['total', 'logs', 'by_level', 'by_service', 'histogram'] as const
export type SearchPart = (typeof SEARCH_PARTS)[number]

export interface AggregateRequest {
  readonly fn: 'count' | 'p50' | 'p95' | 'p99' | 'avg' | 'min' | 'max'
  /** A numeric field; not for count. */
  readonly field?: string
  /** Field to group by; one value for all unless given. */
  readonly by?: string
}

/** What stages behind a bar make of logs. */
export interface Table {
  readonly columns: readonly TableColumn[]
  /** One cell a column. */
  readonly rows: readonly (readonly Json[])[]
  /** Rows behind the last one were left out. */
  readonly truncated: boolean
}

export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
}

/**
 * `text` and `level` (one of LEVELS) are strings, or null where the logs have no such field; `time`
 * is RFC 3339; `number` is null where no log had one; `json` is a field of a row as it is.
 */
export type ColumnType = 'text' | 'level' | 'time' | 'number' | 'json'

export interface HistogramBar {
  readonly time: string
  readonly counts: Readonly<Partial<Record<Level, number>>>
}

export interface SearchReply {
  readonly total: number | null
  readonly logs: readonly Row[]
  readonly aggregations: {
    readonly by_level: Readonly<Partial<Record<Level, number>>>
    readonly by_service: Readonly<Record<string, number>>
    readonly histogram: readonly HistogramBar[]
    /** Width of a bar in seconds. */
    readonly interval: number
  }
  readonly aggregate?: readonly { readonly key: string; readonly value: number | null }[]
  /** Where the query has stages behind a bar, but for `limit` alone; then `logs` is empty. */
  readonly table?: Table
  readonly query_time_ms: number
  /** Why the answer may be empty: fields that no row has. */
  readonly hints?: readonly string[]
  readonly next_cursor: string | null
  /** Where a live tail goes on without gap or repeat. */
  readonly tail_token: string
}

/**
 * Lines of a search that was asked for as `application/x-ndjson`: how far it has come, some times a
 * second, and at the end its result or what went wrong.
 */
export type SearchLine =
  | SearchProgress
  | ({ readonly type: 'result' } & SearchReply)
  | { readonly type: 'problem'; readonly problem: Problem }

export interface SearchProgress {
  readonly type: 'progress'
  readonly elapsed_ms: number
  /** Row groups that are dealt with, of those that may have matching rows; null = not known. */
  readonly parts_done: number | null
  readonly parts: number | null
  readonly rows_read: number | null
  readonly bytes_read: number | null
  /** Matching rows so far. */
  readonly total: number | null
  readonly histogram: readonly HistogramBar[]
}

export interface IngestReply {
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly reason: string }[]
  /** Rejected records beyond those told. */
  readonly rejected_more?: number
}

/** Where a query is wrong: beside the code LOGBOY_BAD_QUERY. */
export interface QueryProblemMembers {
  /** UTF-16 units of the query. */
  readonly position: number
  readonly length: number
  readonly expected: string
  /** What could be written instead, whole query; null = no idea. */
  readonly suggestion: string | null
}

/** RFC 9457; `code` is stable. */
export interface Problem extends Partial<QueryProblemMembers> {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
}

/** What can be changed about a project. */
export interface ProjectSettings {
  readonly name: string
  readonly retention_days: number
  /** Quotas; 0 = none. */
  readonly records_per_second: number
  readonly bytes_per_second: number
  /** Of times that name none: an IANA name, or an offset such as `+05:30`. */
  readonly time_zone: string
}

export interface Project extends ProjectSettings {
  readonly id: string
  readonly created_at: string
}

export interface ProjectCreated extends Project {
  readonly ingest_key: string
  readonly read_key: string
}

export type KeyScope = 'ingest' | 'read'
/** A `signing` key is never sent: requests are signed with it. */
export type KeyKind = 'bearer' | 'signing'

export interface ProjectKey {
  readonly id: string
  readonly name: string
  readonly kind: KeyKind
  readonly scopes: readonly KeyScope[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
  /** Limits of its own; 0 = only those of the project. */
  readonly records_per_second: number
  readonly bytes_per_second: number
}

/** `POST projects/:id/keys`, `POST projects/:id/keys/:key/rotate` {overlap_seconds}. */
export interface ProjectKeyCreated extends ProjectKey {
  /** The key, or the secret to sign with; told this once. */
  readonly key: string
}
