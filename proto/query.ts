/**
 * The query language: words, phrases, fields, ranges, wildcards and regular expressions, joined by
 * AND, OR and NOT. One tree (query/tree.ts), read here for browser and server alike.
 */
import { type QueryFault, QueryFaultError } from './query/fault.ts'
import { QueryParser } from './query/parser.ts'
import type { Query } from './query/tree.ts'

export type ParsedQuery =
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'fault'; readonly fault: QueryFault }

/** Reads a query as it was typed. */
export function parseQuery(text: string): ParsedQuery {
  try {
    return { type: 'query', query: new QueryParser(text).query() }
  } catch (error) {
    if (error instanceof QueryFaultError) return { type: 'fault', fault: error.fault }
    throw error
  }
}
