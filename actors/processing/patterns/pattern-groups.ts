/** Which pattern the wordings of a project belong to, and queries that name one of either. */
import { anyOf, type Query, type QueryTerm } from '#proto/query/tree.ts'
import type { PatternGroup } from './merge.ts'
import { parsePattern } from './signature.ts'

export class PatternGroups {
  readonly #groups = new Map<number, PatternGroup>()

  constructor(groups: readonly PatternGroup[]) {
    for (const group of groups) {
      for (const member of group.members) this.#groups.set(member, group)
    }
    // Its id may be that of no message.
    for (const group of groups) if (!this.#groups.has(group.id)) this.#groups.set(group.id, group)
  }

  /** The pattern of a wording by its id, or by the pattern's own; null = nobody knows its wording. */
  groupOf(id: number): PatternGroup | null {
    return this.#groups.get(id) ?? null
  }

  /** A row's JSON text with the id of its pattern in place of that of its wording. */
  renamed(json: string): string {
    // Behind the row's own stands nothing that a sender wrote.
    const member = json.lastIndexOf(MEMBER)
    if (member < 0) return json
    const at = member + MEMBER.length
    const end = json.indexOf('"', at)
    const wording = json.slice(at, end)
    const group = this.groupOf(Number(wording))
    if (group === null || String(group.id) === wording) return json
    return `${json.slice(0, at)}${group.id}${json.slice(end)}`
  }

  /** A query for patterns as one for all of their wordings. */
  expanded(query: Query): Query {
    if (!namesPatterns(query.terms)) return query
    return { terms: query.terms.map(term => this.#expandedTerm(term)) }
  }

  #expandedTerm(term: QueryTerm): QueryTerm {
    switch (term.type) {
      case 'all':
      case 'any':
        return { ...term, terms: term.terms.map(each => this.#expandedTerm(each)) }
      case 'not':
        return { ...term, term: this.#expandedTerm(term.term) }
      case 'field':
      case 'exact': {
        const group =
          term.field === 'pattern_id' ? this.groupOf(parsePattern(term.value) ?? 0) : null
        if (group === null) return term
        const values = new Set([term.value, ...[group.id, ...group.members].map(String)])
        return anyOf([...values].map(value => ({ ...term, value })))
      }
      default:
        return term
    }
  }
}

const MEMBER = ',"pattern_id":"'

/** The ids of which a row needs one, where a term asks for nothing else; null = it does. */
export function patternsNamed(term: QueryTerm): readonly number[] | null {
  if (term.type === 'any') {
    const named = term.terms.map(patternsNamed)
    return named.includes(null) ? null : named.flatMap(ids => ids ?? [])
  }
  if (term.type !== 'field' && term.type !== 'exact') return null
  if (term.field !== 'pattern_id') return null
  const id = parsePattern(term.value)
  return id === null ? [] : [id]
}

/** Whether a query asks for patterns. */
export function namesPatterns(terms: readonly QueryTerm[]): boolean {
  return terms.some(term => {
    if (term.type === 'all' || term.type === 'any') return namesPatterns(term.terms)
    if (term.type === 'not') return namesPatterns([term.term])
    return patternsNamed(term) !== null
  })
}
