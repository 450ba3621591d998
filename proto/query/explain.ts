/** Says in words what a query asks for, so that people see how it was understood. */

import { fieldKind } from './field-kind.ts'
import { levelsOf } from './level-condition.ts'
import { quote } from './text-reader.ts'
import type { Bound, Query, QueryLeaf, QueryTerm, RangeTerm } from './tree.ts'
import { isOfOneToken } from './wildcard-kind.ts'

/** For example: logs whose message has the word "timeout", and whose level is ERROR or FATAL. */
export function explainQuery({ terms }: Query): string {
  if (terms.length === 0) return 'all logs'
  return `logs ${joined(terms, ', ')}`
}

/** With "and" between them, or "but" before what is left out. */
function joined(terms: readonly QueryTerm[], before: string): string {
  return terms
    .map((term, i) => {
      if (term.type === 'not') return `${i === 0 ? '' : before}but ${explainPart(term)}`
      return `${i === 0 ? '' : `${before}and `}${explainPart(term)}`
    })
    .join('')
}

/** As one of several: what would be ambiguous stands in brackets. */
function explainPart(term: QueryTerm): string {
  return term.type === 'any' || term.type === 'all' ? bracketed(term) : explainTerm(term)
}

function bracketed(term: QueryTerm): string {
  const text = explainTerm(term)
  return term.type === 'all' && term.terms.length === 0 ? text : `(${text})`
}

function explainTerm(term: QueryTerm): string {
  switch (term.type) {
    case 'all':
      return term.terms.length === 0 ? 'of any kind' : joined(term.terms, ' ')
    case 'any':
      return term.terms.map(explainPart).join(' or ')
    case 'not':
      return `not those ${explainPart(term.term)}`
    default:
      return explainLeaf(term)
  }
}

function explainLeaf(leaf: QueryLeaf): string {
  if (leaf.type === 'phrase') return explainPhrase(leaf.tokens, leaf.hex)
  if (leaf.field === null) return `whose message ${explainScan(leaf)}`
  if (leaf.field === 'level' && leaf.type !== 'exists') {
    return `whose level is ${levelsOf(leaf).join(' or ') || 'none of ours'}`
  }
  return leaf.type === 'exists' ? `that have ${leaf.field}` : `whose ${leaf.field} ${says(leaf)}`
}

function explainPhrase(tokens: readonly string[], hex: string | null): string {
  const text = quote(tokens.join(' '))
  const words = tokens.length === 1 ? `the word ${text}` : `the words ${text} side by side`
  const id = hex === null ? '' : ` or whose ${hex.length === 32 ? 'trace' : 'span'} id it is`
  return `whose message has ${words}${id}`
}

function explainScan(leaf: QueryLeaf): string {
  if (leaf.type === 'wildcard' && isOfOneToken(leaf.parts)) {
    return `has a word like ${leaf.parts.join('*')}`
  }
  if (leaf.type === 'wildcard') return `contains ${quote(leaf.parts.join('*'))}`
  return leaf.type === 'regex' ? `matches ${explainRegex(leaf)}` : ''
}

function says(leaf: Exclude<QueryLeaf, { readonly type: 'phrase' | 'exists' }>): string {
  switch (leaf.type) {
    case 'field':
      return `is ${quote(leaf.value)} in any case`
    case 'exact':
      return `is exactly ${quote(leaf.value)}`
    case 'range':
      return explainRange(leaf)
    case 'wildcard':
      return `is like ${quote(leaf.parts.join('*'))}`
    case 'regex':
      return `matches ${explainRegex(leaf)}`
  }
}

function explainRegex({ source, ignoreCase }: { source: string; ignoreCase: boolean }): string {
  return `/${source}/${ignoreCase ? ' in any case' : ''}`
}

function explainRange({ field, from, to }: RangeTerm): string {
  const isTime = fieldKind(field) === 'time'
  const lower = explainBound(from, isTime ? ['since', 'after'] : ['at least', 'above'])
  const upper = explainBound(to, isTime ? ['until', 'before'] : ['at most', 'below'])
  return `is ${[lower, upper].filter(text => text !== '').join(' and ')}`
}

function explainBound(bound: Bound | null, words: readonly [string, string]): string {
  return bound === null ? '' : `${words[bound.inclusive ? 0 : 1]} ${bound.value}`
}
