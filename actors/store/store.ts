/**
 * The contract of the store: rows are published once, together with the log position they cover,
 * and searched. parquet/ (embedded) and, later, elasticsearch/ implement it and pass the same
 * suite.
 */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Position, Positions } from '#actors/commit-log/positions.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import type { HistogramBar, SearchPart, SearchReply, Table } from '#proto/api.ts'
import type { Stage } from '#proto/query/analysis.ts'
import type { Query } from '#proto/query/tree.ts'

/** Which rows of a project: the words have been checked and the times are numbers. */
export interface RowsAsked {
  readonly projectId: string
  readonly query: Query
  /** Empty = all. Whole values, compared without regard to ASCII case. */
  readonly services: readonly string[]
  /** OpenTelemetry levels, upper case; empty = all. */
  readonly levels: readonly string[]
  /** Event time in µs, [start, end). */
  readonly startUs: number
  readonly endUs: number
  /** Receive time in µs, [start, end). */
  readonly ingestedStartUs: number
  readonly ingestedEndUs: number
}

/** A page of rows, and counts of all that match. */
export interface SearchPlanInput extends RowsAsked {
  readonly limit: number
  readonly offset: number
  readonly cursor: string | null
  readonly order: 'desc' | 'asc'
  readonly include: ReadonlySet<SearchPart>
  /** null = whole rows; else each row is an array of the values of these fields. */
  readonly fields: readonly string[] | null
  /** Histogram bar in µs. */
  readonly intervalUs: number
}

/** A table made of all rows that match. */
export interface AnalysisInput extends RowsAsked {
  /** The first makes a table, the others shape it. */
  readonly stages: readonly Stage[]
  /** Width of the bars of a timechart that names none, in µs. */
  readonly intervalUs: number
  /** Rows of the table at most; ANALYSIS_ROWS_MAX unless given. */
  readonly rowsMax?: number
}

/** What the store answers; the API adds `query_time_ms` and makes the token opaque. */
export interface SearchResult
  extends Omit<
      SearchReply,
      'query_time_ms' | 'tail_token' | 'hints' | 'logs' | 'table' | 'aggregate'
    >,
    Answered {
  /** Rows as JSON text, made where they were read. */
  readonly logs: readonly string[]
}

export interface AnalysisResult extends Answered {
  /** Rows that match. */
  readonly total: number
  readonly table: Table
}

/** What an answer says about itself. */
export interface Answered {
  /**
   * How far in the log this answer covers: a tail goes on from here. What was received is covered
   * at once by the embedded store, within about a second by one that lies elsewhere; rows behind
   * it are never in an answer.
   */
  readonly positions: Positions
  /**
   * Rows of the project behind `positions` were received after this: where a tail that goes on too
   * late has to tell a gap from.
   */
  readonly receivedAtUs: number
  /** Segments looked at and left out, rows read: for people who wonder. */
  readonly explain: Readonly<Record<string, number>>
}

export interface PatternsInput extends RowsAsked {
  /** Patterns in the answer at most, those with most rows; all are counted. */
  readonly limit: number
  /** Whether rows are wanted as examples. */
  readonly examples: boolean
  /** Width in µs of the bars over the time of the rows, whose bounds may be known roughly. */
  readonly barUsOf: (firstUs: number, lastUs: number) => number
}

/** One pattern in the rows that match. */
export interface PatternSummary {
  readonly id: number
  /** Its wording with `<*>` for values. */
  readonly template: string
  readonly count: number
  /** Event time in µs of the first and the last of these rows. */
  readonly firstUs: number
  readonly lastUs: number
  /** Rows per bar by its start in µs, in order of time; bars without rows are left out. */
  readonly bars: readonly (readonly [startUs: number, count: number])[]
  /** A few of these rows as JSON text. */
  readonly examples: readonly string[]
}

export interface PatternsResult extends Answered {
  /** Matching rows. */
  readonly total: number
  /** Patterns that they have, those beyond the limit included. */
  readonly found: number
  readonly barUs: number
  /** Most rows first. */
  readonly patterns: readonly PatternSummary[]
}

/** How far a query has come. */
export interface Progress {
  /** Row groups and chunks of recent rows that are dealt with, read or not … */
  readonly partsDone: number
  /** … of those that may have rows in the range of time. */
  readonly parts: number
  readonly rowsRead: number
  readonly bytesRead: number
  /** Matching rows so far. */
  readonly total: number
  /** So far, where it was asked for. */
  readonly histogram: readonly HistogramBar[]
}

/**
 * Is given, as a query begins, what tells how far it has come; stores that are answered in one
 * piece give nothing.
 */
export type Watch = (look: () => Progress) => void

/** Rows in files and the bytes of these, indexes included; what has just come is in none yet. */
export interface StoredSize {
  readonly rows: number
  readonly bytes: number
}

export interface LogStore {
  /** Takes committed entries in log order; answers when it wants more. */
  receive(entries: readonly LogEntry[]): void | Promise<void>
  /** As a consumer of a log that is shared out among processes. */
  assigned?(partition: number, from: Position): void
  revoked?(partition: number): void
  /** The process ends: what was received and is not written comes again from the log. */
  halt?(): Promise<void>
  /** Everything up to here survives a restart without the log. */
  published(): Positions
  search(input: SearchPlanInput, signal: AbortSignal, watch?: Watch): Promise<SearchResult>
  /**
   * The same rows as a search of this moment finds, grouped and measured. Counts and quantiles are
   * exact; more groups than can be held are refused as LOGBOY_QUERY_TOO_DEAR.
   */
  analyse(input: AnalysisInput, signal: AbortSignal, watch?: Watch): Promise<AnalysisResult>
  /**
   * Patterns of the rows that match, counted exactly. Rows and queries of `search` know wordings
   * alone, so that they mean the same in every store: `patternGroups` tells what belongs together.
   */
  patterns(input: PatternsInput, signal: AbortSignal): Promise<PatternsResult>
  /** What is known of the wordings of a project; `whole` = all that is stored. */
  patternGroups(projectId: string, whole: boolean): Promise<PatternGroups>
  /** One row as JSON text by its id. */
  row(projectId: string, id: string, signal: AbortSignal): Promise<string | null>
  /**
   * Deletes what a search for these rows would find now, and answers how many rows these were.
   * No search sees them from then on, nor after a restart; rows received later stay, whatever
   * their time.
   */
  delete(asked: RowsAsked): Promise<number>
  /** Deletes exactly the rows received before `receivedBeforeUs`; answers how many. */
  expire(projectId: string, receivedBeforeUs: number): Promise<number>
  /** Hides a project at once, removes its rows later. */
  drop(projectId: string): Promise<void>
  /** Publishes all that was received, compacts what is due: for `stop`, tests and bench. */
  flush(): Promise<void>
  /** What a project takes on the disk; null = not known, as where projects share indices. */
  sizeOf(projectId: string): StoredSize | null
  /** Segments, rows, bytes by kind, recent rows, per project where asked. */
  observe(): Record<string, unknown>
  close(): Promise<void>
}
