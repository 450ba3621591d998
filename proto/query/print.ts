/** Writes a query so that it reads back as the same tree. */
import { quote } from './text-reader.ts'
import type { Bound, Query, QueryTerm, RangeTerm } from './tree.ts'

export function printQuery({ terms }: Query): string {
  const [first] = terms
  return first !== undefined && terms.length === 1
    ? printTerm(first)
    : terms.map(printInAll).join(' ')
}

const BARE_FIELD = /^[\p{L}_@][\p{L}\p{N}\p{M}_.@/-]*$/u
const BARE_VALUE = /^[\p{L}\p{N}_@.][\p{L}\p{N}\p{M}_.@/+%-]*$/u
/** Times and negative numbers need no quotes behind a sign. */
const BARE_BOUND = /^[\p{L}\p{N}_@.+-][\p{L}\p{N}\p{M}_.@/+%:-]*$/u
const PLAIN_IN_WILDCARD = /[\p{L}\p{N}\p{M}_.@%+]/u
const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i

export function printTerm(term: QueryTerm): string {
  switch (term.type) {
    case 'all':
      return term.terms.length === 0 ? '*' : term.terms.map(printInAll).join(' ')
    case 'any':
      return term.terms.map(printTerm).join(' OR ')
    case 'not':
      return `-${printInAll(term.term)}`
    case 'phrase':
      return printPhrase(term.tokens, term.hex)
    case 'field':
      return `${printField(term.field)}${printValue(term.value)}`
    case 'exact':
      return `${printField(term.field)}=${printValue(term.value)}`
    case 'exists':
      return `${printField(term.field)}*`
    case 'range':
      return `${printField(term.field)}${printRange(term)}`
    case 'wildcard': {
      const parts = term.parts.map(escapePart).join('*')
      return `${term.field === null ? '' : printField(term.field)}${parts}`
    }
    case 'regex': {
      const prefix = term.field === null ? '' : printField(term.field)
      return `${prefix}/${term.source}/${term.ignoreCase ? 'i' : ''}`
    }
  }
}

/** As one of several that must all hold, or behind a minus. */
function printInAll(term: QueryTerm): string {
  return term.type === 'any' || term.type === 'all' ? group(term) : printTerm(term)
}

function group(term: QueryTerm): string {
  const isEverything = term.type === 'all' && term.terms.length === 0
  return isEverything ? '*' : `(${printTerm(term)})`
}

function printPhrase(tokens: readonly string[], hex: string | null): string {
  const [first = '', ...others] = tokens
  const isBare = others.length === 0 && (hex !== null || !HEX_ID.test(first))
  return isBare ? first : quote(tokens.join(' '))
}

function printField(field: string): string {
  return `${BARE_FIELD.test(field) ? field : quote(field)}:`
}

function printValue(value: string): string {
  return BARE_VALUE.test(value) ? value : quote(value)
}

/** What stands behind the colon. */
export function printRange({ from, to }: Pick<RangeTerm, 'from' | 'to'>): string {
  if (to === null && from !== null) return `>${from.inclusive ? '=' : ''}${printBound(from)}`
  if (from === null && to !== null) return `<${to.inclusive ? '=' : ''}${printBound(to)}`
  if (from === null || to === null) return '*'
  const [opening, closing] = [from.inclusive ? '[' : '{', to.inclusive ? ']' : '}']
  return `${opening}${printBound(from)} TO ${printBound(to)}${closing}`
}

function printBound({ value }: Bound): string {
  return BARE_BOUND.test(value) && value !== 'TO' ? value : quote(value)
}

/** Slashes and minus signs are plain inside a word, but mean something at its beginning. */
function escapePart(part: string, place: number): string {
  return Array.from(part, (character, i) => {
    const isInside = place > 0 || i > 0
    const isPlain =
      PLAIN_IN_WILDCARD.test(character) || (isInside && (character === '/' || character === '-'))
    return isPlain ? character : `\\${character}`
  }).join('')
}
