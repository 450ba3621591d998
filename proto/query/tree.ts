/**
 * The tree of a query: what parse reads, print and explain write, and three back ends compile (the
 * matcher over columns, DuckDB's SQL, Elasticsearch's DSL). docs/query-language.md says what each
 * part means to people.
 */

/** A conjunction; none = everything. */
export interface Query {
  readonly terms: readonly QueryTerm[]
}

export type QueryTerm =
  /** All hold; none = everything. */
  | { readonly type: 'all'; readonly terms: readonly QueryTerm[] }
  /** At least one holds. */
  | { readonly type: 'any'; readonly terms: readonly QueryTerm[] }
  /** The complement: rows without the field that is asked for are in it. */
  | { readonly type: 'not'; readonly term: QueryTerm }
  | QueryLeaf

/** A condition without conditions inside. */
export type QueryLeaf =
  /**
   * Adjacent folded tokens of the message (one token = a word); a bare word of 32 or 16 hex digits
   * also matches trace or span id.
   */
  | { readonly type: 'phrase'; readonly tokens: readonly string[]; readonly hex: string | null }
  /** A field or attribute whose whole value equals `value` without regard to ASCII case. */
  | { readonly type: 'field'; readonly field: string; readonly value: string }
  /** The same, with regard to case. */
  | { readonly type: 'exact'; readonly field: string; readonly value: string }
  /** The row has the field. */
  | { readonly type: 'exists'; readonly field: string }
  | RangeTerm
  /** Literal texts with anything between them; `field` null = in the message, folded. */
  | WildcardTerm
  /** A regular expression (regex-parser.ts); `field` null = anywhere in the message. */
  | RegexTerm

/** At least one bound is not null. */
export interface RangeTerm {
  readonly type: 'range'
  readonly field: string
  readonly from: Bound | null
  readonly to: Bound | null
}

export interface Bound {
  readonly value: string
  readonly inclusive: boolean
}

export interface WildcardTerm {
  readonly type: 'wildcard'
  readonly field: string | null
  /** At least two: `a*b` is ['a', 'b'], `a*` is ['a', '']. */
  readonly parts: readonly string[]
}

export interface RegexTerm {
  readonly type: 'regex'
  readonly field: string | null
  readonly source: string
  readonly ignoreCase: boolean
}

export const EVERYTHING: Query = { terms: [] }

/** A conjunction in its one form: no conjunction directly within it, none of a single term. */
export function allOf(terms: readonly QueryTerm[]): QueryTerm {
  const flat = terms.flatMap(term => (term.type === 'all' ? term.terms : [term]))
  return flat.length === 1 ? (flat[0] as QueryTerm) : { type: 'all', terms: flat }
}

/** The same for a disjunction of at least one term. */
export function anyOf(terms: readonly QueryTerm[]): QueryTerm {
  const flat = terms.flatMap(term => (term.type === 'any' ? term.terms : [term]))
  return flat.length === 1 ? (flat[0] as QueryTerm) : { type: 'any', terms: flat }
}

export function queryOf(term: QueryTerm): Query {
  return { terms: term.type === 'all' ? term.terms : [term] }
}

/** All conditions, wherever they stand, in the order of the text. */
export function leavesOf(terms: readonly QueryTerm[]): QueryLeaf[] {
  return terms.flatMap((term): QueryLeaf[] => {
    if (term.type === 'all' || term.type === 'any') return leavesOf(term.terms)
    return term.type === 'not' ? leavesOf([term.term]) : [term]
  })
}
