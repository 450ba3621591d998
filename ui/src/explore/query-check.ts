/** Finds what is wrong with a query before it is sent, and where. */
import { explainSearch } from '#proto/query/explain-stages.ts'
import { printQuery } from '#proto/query/print.ts'
import { printSearch } from '#proto/query/print-stages.ts'
import { EVERYTHING } from '#proto/query/tree.ts'
import { parseSearch } from '#proto/query.ts'

export interface QueryProblem {
  readonly reason: string
  /** What could be meant, as a whole query. */
  readonly suggestion: string | null
  /** Characters [from, to) of the text: what is wrong. */
  readonly from: number
  readonly to: number
}

export function checkQuery(text: string): QueryProblem | null {
  const parsed = parseSearch(text)
  if (parsed.type === 'search') return null
  const { position, length, message, expected, suggestion } = parsed.fault
  // Behind the end there is nothing to mark but what stands before it.
  const from = length > 0 ? position : Math.max(0, position - 1)
  return { reason: `${message}; expected ${expected}`, suggestion, from, to: position + length }
}

/** How a query is understood, in words; '' = it is none. */
export function meaningOf(text: string): string {
  const parsed = parseSearch(text)
  return parsed.type === 'search' ? explainSearch(parsed.search) : ''
}

/** What stands before the first bar: the logs that are meant. */
export function conditionsOf(text: string): string {
  const parsed = parseSearch(text)
  const isPlain = parsed.type === 'fault' || parsed.search.stages.length === 0
  if (isPlain) return text
  const { query } = parsed.search
  return query.terms.length === 0 ? '' : printQuery(query)
}

/** What stands behind the conditions, bars included; '' = nothing. */
export function stagesOf(text: string): string {
  const parsed = parseSearch(text)
  if (parsed.type === 'fault') return ''
  return printSearch({ ...parsed.search, query: EVERYTHING })
}

/** Whether it asks for something about the logs, which no live tail can go on with. */
export function hasStages(text: string): boolean {
  const parsed = parseSearch(text)
  return parsed.type === 'search' && parsed.search.stages.length > 0
}
