/** Finds what is wrong with a query before it is sent, and where. */
import { parseQuery } from '#proto/query.ts'

export interface QueryProblem {
  readonly reason: string
  /** What could be meant, as a whole query. */
  readonly suggestion: string | null
  /** Characters [from, to) of the text: the term that is wrong. */
  readonly from: number
  readonly to: number
}

export function checkQuery(text: string): QueryProblem | null {
  const parsed = parseQuery(text)
  if (parsed.type === 'query') return null
  const { position, message, suggestion } = parsed.fault
  return { reason: message, suggestion, ...termAt(text, position) }
}

/** The term at a position; where it ends there, the term before it. */
function termAt(text: string, position: number): { from: number; to: number } {
  if (text[position] === '"') return { from: position, to: text.length }
  const rest = text.slice(position).search(/\s/)
  const to = rest < 0 ? text.length : position + rest
  if (to > position) return { from: position, to }
  return { from: text.slice(0, position).search(/\S+$/), to: position }
}
