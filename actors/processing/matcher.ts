/**
 * The query language over columns in memory: for the live tail, for recent rows, and for the rows
 * of stored row groups. Every condition narrows the rows that the next one looks at, cheap columns
 * first, and a column that no row is left for is never touched: it may not even be read from disk.
 */
import { LEVELS } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import type { Query, QueryTerm } from '#proto/query/tree.ts'
import { COST, type Condition, complement, either, every } from './condition.ts'
import { equalsFolded, foldedBytes } from './folded-bytes.ts'
import { compileLeaf, entryCondition, levelCondition, spanCondition } from './leaf-condition.ts'
import { patternCondition } from './pattern-condition.ts'
import { patternsNamed } from './patterns/pattern-groups.ts'

/** What a search or a tail asks of a row; a SearchPlanInput is one. */
export interface RowFilter {
  readonly query: Query
  /** Empty = all. Whole values, compared without regard to ASCII case. */
  readonly services: readonly string[]
  /** Level names in any case; empty = all. */
  readonly levels: readonly string[]
  /** Event time in µs, [start, end). */
  readonly startUs: number
  readonly endUs: number
  /** Receive time in µs, [start, end). */
  readonly ingestedStartUs: number
  readonly ingestedEndUs: number
}

/** A compiled filter: made once, used for any number of batches. */
export interface Matcher {
  /** Numbers of the matching rows, ascending. Read only: it may be shared. */
  select(rows: RowColumns): Uint32Array
}

/** Bounds that exclude nothing, for a RowFilter without times. */
export const ANY_TIME = {
  startUs: 0,
  endUs: Number.MAX_SAFE_INTEGER,
  ingestedStartUs: 0,
  ingestedEndUs: Number.MAX_SAFE_INTEGER,
} as const

/** Prepares a filter; all of its conditions must hold. */
export function compileMatcher(filter: RowFilter): Matcher {
  const condition = every([
    ...timeConditions(filter),
    ...levelConditions(filter.levels),
    ...serviceConditions(filter.services),
    ...filter.query.terms.map(compileTerm),
  ])
  return { select: rows => condition.narrow(rows, allRows(rows.count)) }
}

export function compileTerm(term: QueryTerm): Condition {
  switch (term.type) {
    case 'all':
      return every(term.terms.map(compileTerm))
    case 'any': {
      // A pattern may have very many wordings.
      const patterns = patternsNamed(term)
      return patterns === null ? either(term.terms.map(compileTerm)) : patternCondition(patterns)
    }
    case 'not':
      return complement(compileTerm(term.term))
    default:
      return compileLeaf(term)
  }
}

let ascending = new Uint32Array(0)

/** Numbers of all rows. Read only: it is shared. */
export function allRows(count: number): Uint32Array {
  if (ascending.length < count) ascending = Uint32Array.from({ length: count }, (_, row) => row)
  return ascending.subarray(0, count)
}

function timeConditions(filter: RowFilter): Condition[] {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs } = filter
  return [
    ...(isBounded(startUs, endUs) ? [spanCondition(startUs, endUs, rows => rows.timeUs)] : []),
    ...(isBounded(ingestedStartUs, ingestedEndUs)
      ? [spanCondition(ingestedStartUs, ingestedEndUs, rows => rows.receivedAtUs)]
      : []),
  ]
}

function isBounded(from: number, to: number): boolean {
  return from > 0 || to < Number.MAX_SAFE_INTEGER
}

function levelConditions(levels: readonly string[]): Condition[] {
  if (levels.length === 0) return []
  const wanted = new Set(levels.map(level => level.toUpperCase()))
  return [levelCondition(new Set(LEVELS.filter(level => wanted.has(level))))]
}

function serviceConditions(services: readonly string[]): Condition[] {
  if (services.length === 0) return []
  const folded = services.map(foldedBytes)
  const isWanted = (heap: Uint8Array, start: number, end: number): boolean =>
    folded.some(bytes => equalsFolded(heap, start, end, bytes))
  return [entryCondition(COST.name, rows => rows.service, isWanted)]
}
