/**
 * The query language, first form: words, "quoted phrases" and field:value, all of which must match.
 * One tree; compiled for columns in memory (actors/processing) and for DuckDB (actors/store).
 *
 *   query = term*      term = word | phrase | field ":" value      field, value = bare | phrase
 */
import { QUERY_CHARS_MAX, QUERY_TERMS_MAX } from './limits.ts'
import { tokenize } from './tokens.ts'

/** A query is a conjunction; none = everything. */
export interface Query {
  readonly terms: readonly QueryTerm[]
}

export type QueryTerm =
  /**
   * Adjacent folded tokens of the message (one token = a word); a bare word of 32 or 16 hex digits
   * also matches trace or span id.
   */
  | { readonly type: 'phrase'; readonly tokens: readonly string[]; readonly hex: string | null }
  /** A field or attribute whose whole value equals `value` without regard to ASCII case. */
  | { readonly type: 'field'; readonly field: string; readonly value: string }

export type ParsedQuery =
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'fault'; readonly fault: QueryFault }

export interface QueryFault {
  /** UTF-16 unit of the text at which the fault is. */
  readonly position: number
  readonly message: string
  /** What could be written instead, whole query; null = no idea. */
  readonly suggestion: string | null
}

/** Reads a query as it was typed. */
export function parseQuery(text: string): ParsedQuery {
  try {
    return { type: 'query', query: new Parser(text).query() }
  } catch (error) {
    if (error instanceof Fault) return { type: 'fault', fault: error.fault }
    throw error
  }
}

/** Writes a query so that it reads back as the same tree. */
export function printQuery(query: Query): string {
  return query.terms.map(printTerm).join(' ')
}

const BARE_FIELD = /^[\p{L}_@][\p{L}\p{N}\p{M}_.@/-]*$/u
const BARE_VALUE = /^[\p{L}\p{N}_@.][\p{L}\p{N}\p{M}_.@/+%-]*$/u
const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i

function printTerm(term: QueryTerm): string {
  if (term.type === 'field') {
    const field = BARE_FIELD.test(term.field) ? term.field : quote(term.field)
    return `${field}:${BARE_VALUE.test(term.value) ? term.value : quote(term.value)}`
  }
  const [first = '', ...others] = term.tokens
  const isBare = others.length === 0 && (term.hex !== null || !HEX_ID.test(first))
  return isBare ? first : quote(term.tokens.join(' '))
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

class Fault extends Error {
  readonly fault: QueryFault

  constructor(fault: QueryFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** Signs of the full language that would otherwise be searched for as if they were text. */
const LATER: readonly (readonly [RegExp, string])[] = [
  [/^[-!].*[\p{L}\p{N}]/u, 'leaving out with - is not supported yet'],
  [/^[()]|[()]$/, 'groups with ( ) are not supported yet'],
  [/^\/.+\/$/, 'regular expressions are not supported yet'],
  [/\*/, 'wildcards with * are not supported yet'],
  [/^(?:OR|NOT)$/, 'OR and NOT are not supported yet, all terms must match'],
  [/^AND$/, 'AND is not needed, all terms must match'],
]
const LATER_VALUES: readonly (readonly [RegExp, string])[] = [
  [/^[<>]/, 'comparisons with < and > are not supported yet'],
  [/^[[{]/, 'ranges are not supported yet'],
  [/^\(/, 'groups with ( ) are not supported yet'],
  [/\*/, 'wildcards with * are not supported yet'],
]
const CONJUNCTION = 'AND'

class Parser {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  query(): Query {
    if (this.text.length > QUERY_CHARS_MAX) {
      const message = `a query has at most ${QUERY_CHARS_MAX} characters`
      throw new Fault({ position: QUERY_CHARS_MAX, message, suggestion: null })
    }
    const terms: QueryTerm[] = []
    for (this.skipSpace(); this.at < this.text.length; this.skipSpace()) {
      if (terms.length === QUERY_TERMS_MAX) {
        const message = `a query has at most ${QUERY_TERMS_MAX} terms`
        throw new Fault({ position: this.at, message, suggestion: null })
      }
      terms.push(this.term())
    }
    return { terms }
  }

  private term(): QueryTerm {
    const start = this.at
    if (this.text[start] === '"') {
      const phrase = this.quoted()
      return this.text[this.at] === ':' ? this.field(phrase, start) : this.phrase(phrase, start)
    }
    const bare = this.bare()
    const colon = bare.indexOf(':')
    const field = bare.slice(0, colon)
    // `http://…` is an address, `14:32` a time: neither begins with a field's name and a value.
    if (colon > 0 && BARE_FIELD.test(field) && !bare.startsWith('//', colon + 1)) {
      this.at = start + colon
      return this.field(field, start)
    }
    this.refuseLater(LATER, bare, start)
    return this.phrase(bare, start)
  }

  private phrase(text: string, start: number): QueryTerm {
    const tokens = tokenize(text)
    if (tokens.length === 0) {
      const message = 'there is no word to search for: words are letters, digits and underscores'
      throw new Fault({ position: start, message, suggestion: this.without(start) })
    }
    const isBare = this.text[start] !== '"'
    return { type: 'phrase', tokens, hex: isBare && HEX_ID.test(text) ? text.toLowerCase() : null }
  }

  /** Reads the value; `at` stands on the colon. */
  private field(field: string, start: number): QueryTerm {
    this.at++
    const valueStart = this.at
    if (this.text[valueStart] === '"') return { type: 'field', field, value: this.quoted() }
    const value = this.bare()
    if (value === '' || field === '') {
      const name = field === '' ? 'field' : field
      const what =
        field === '' ? 'a name is missing before ":"' : `a value is missing after "${name}:"`
      const suggestion = value === '' ? null : this.replaced(start, `${name}:${value}`)
      throw new Fault({ position: field === '' ? start : valueStart, message: what, suggestion })
    }
    this.refuseLater(LATER_VALUES, value, valueStart)
    return { type: 'field', field, value }
  }

  private refuseLater(rules: typeof LATER, text: string, start: number): void {
    for (const [sign, message] of rules) {
      if (!sign.test(text)) continue
      const hasWord = tokenize(text).length > 0
      const instead = text === CONJUNCTION || !hasWord ? '' : quote(text)
      throw new Fault({ position: start, message, suggestion: this.replaced(start, instead) })
    }
  }

  /** Characters up to the next space or quotation mark. */
  private bare(): string {
    const start = this.at
    while (this.at < this.text.length && !/[\s"]/.test(this.text[this.at] as string)) this.at++
    return this.text.slice(start, this.at)
  }

  private quoted(): string {
    const start = this.at
    let value = ''
    for (this.at++; this.at < this.text.length; this.at++) {
      const char = this.text[this.at] as string
      if (char === '"') {
        this.at++
        return value
      }
      if (char === '\\' && this.at + 1 < this.text.length) this.at++
      value += this.text[this.at] as string
    }
    const message = 'the quotation mark is never closed'
    throw new Fault({ position: start, message, suggestion: this.replaced(start, quote(value)) })
  }

  private skipSpace(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at] as string)) this.at++
  }

  /** The whole text with what stands between `start` and here replaced. */
  private replaced(start: number, by: string): string {
    return `${this.text.slice(0, start)}${by}${this.text.slice(this.at)}`.trim()
  }

  private without(start: number): string {
    return this.replaced(start, '')
  }
}
