/**
 * The contract of the store: rows are published once, together with the log position they cover,
 * and searched. parquet/ (embedded) and, later, elasticsearch/ implement it and pass the same
 * suite.
 */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Position, Positions } from '#actors/commit-log/positions.ts'
import type { AggregateRequest, SearchPart, SearchReply } from '#proto/api.ts'
import type { Query } from '#proto/query/tree.ts'

/** A search whose words have been checked and whose times are numbers. */
export interface SearchPlanInput {
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
  readonly limit: number
  readonly offset: number
  readonly cursor: string | null
  readonly order: 'desc' | 'asc'
  readonly include: ReadonlySet<SearchPart>
  /** Histogram bar in µs. */
  readonly intervalUs: number
  readonly aggregate: AggregateRequest | null
}

/** What the store answers; the API adds `query_time_ms` and makes the token opaque. */
export interface SearchResult
  extends Omit<SearchReply, 'query_time_ms' | 'tail_token' | 'hints' | 'logs'> {
  /** Rows as JSON text, made where they were read. */
  readonly logs: readonly string[]
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

export interface LogStore {
  /** Takes committed entries in log order; answers when it wants more. */
  receive(entries: readonly LogEntry[]): void | Promise<void>
  /** As a consumer of a log that is shared out among processes. */
  assigned?(partition: number, from: Position): void
  revoked?(partition: number): void
  /** Everything up to here survives a restart without the log. */
  published(): Positions
  search(input: SearchPlanInput, signal: AbortSignal): Promise<SearchResult>
  /** One row as JSON text by its id. */
  row(projectId: string, id: string, signal: AbortSignal): Promise<string | null>
  /** Deletes exactly the rows received before `receivedBeforeUs`; answers how many. */
  expire(projectId: string, receivedBeforeUs: number): Promise<number>
  /** Hides a project at once, removes its rows later. */
  drop(projectId: string): Promise<void>
  /** Publishes all that was received, compacts what is due: for `stop`, tests and bench. */
  flush(): Promise<void>
  /** Segments, rows, bytes by kind, recent rows, per project where asked. */
  observe(): Record<string, unknown>
  close(): Promise<void>
}
