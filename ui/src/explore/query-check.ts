/** Finds what is wrong with a query before it is sent, and where. */
import { explainQuery } from '#proto/query/explain.ts'
import { parseQuery } from '#proto/query.ts'

export interface QueryProblem {
  readonly reason: string
  /** What could be meant, as a whole query. */
  readonly suggestion: string | null
  /** Characters [from, to) of the text: what is wrong. */
  readonly from: number
  readonly to: number
}

export function checkQuery(text: string): QueryProblem | null {
  const parsed = parseQuery(text)
  if (parsed.type === 'query') return null
  const { position, length, message, expected, suggestion } = parsed.fault
  // Behind the end there is nothing to mark but what stands before it.
  const from = length > 0 ? position : Math.max(0, position - 1)
  return { reason: `${message}; expected ${expected}`, suggestion, from, to: position + length }
}

/** How a query is understood, in words; '' = it is none. */
export function meaningOf(text: string): string {
  const parsed = parseQuery(text)
  return parsed.type === 'query' ? explainQuery(parsed.query) : ''
}
