/**
 * The query language: words, phrases, fields, ranges, wildcards and regular expressions, joined by
 * AND, OR and NOT, and behind a bar what is asked about the logs that match. One tree
 * (query/tree.ts, query/analysis.ts), read here for browser and server alike.
 */
import type { Search } from './query/analysis.ts'
import { type QueryFault, QueryFaultError } from './query/fault.ts'
import { QueryParser } from './query/parser.ts'
import type { Query } from './query/tree.ts'

export type ParsedQuery =
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'fault'; readonly fault: QueryFault }

export type ParsedSearch =
  | { readonly type: 'search'; readonly search: Search }
  | { readonly type: 'fault'; readonly fault: QueryFault }

/**
 * Reads conditions as they were typed. Stages are a fault: whoever follows, exports or deletes logs
 * would otherwise take all that match.
 */
export function parseQuery(text: string): ParsedQuery {
  return reading(() => ({ type: 'query', query: new QueryParser(text).query() }))
}

/** Reads conditions and the stages behind them, as they were typed. */
export function parseSearch(text: string): ParsedSearch {
  return reading(() => ({ type: 'search', search: new QueryParser(text).search() }))
}

function reading<Parsed>(
  read: () => Parsed,
): Parsed | { readonly type: 'fault'; readonly fault: QueryFault } {
  try {
    return read()
  } catch (error) {
    if (error instanceof QueryFaultError) return { type: 'fault', fault: error.fault }
    throw error
  }
}
