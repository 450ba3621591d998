/**
 * The query language, first form: words, "quoted phrases" and field:value, all of which must match.
 * One tree; compiled for columns in memory (actors/processing) and for DuckDB (actors/store).
 */

/** A query is a conjunction; none = everything. */
export interface Query {
  readonly terms: readonly QueryTerm[]
}

export type QueryTerm =
  /** Adjacent folded tokens of the message (one token = a word); a bare word of 32 or 16 hex digits also matches trace or span id. */
  | { readonly type: 'phrase'; readonly tokens: readonly string[]; readonly hex: string | null }
  /** A field or attribute whose whole value equals `value` without regard to ASCII case. */
  | { readonly type: 'field'; readonly field: string; readonly value: string }
