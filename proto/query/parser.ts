/**
 * From the text of a query to its tree, by recursive descent with a bounded depth.
 *
 *   any  = all ("OR" all)*                  all  = not (["AND"] not)*
 *   not  = ("-" | "!" | "NOT") not | unit   unit = "(" any ")" | term
 *   term = phrase | word | wildcard | "/" regex "/" | field ":" (value | "(" any of values ")")
 */
import { QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX } from '../limits.ts'
import { tokenize } from '../tokens.ts'
import type { Search } from './analysis.ts'
import { StageParser } from './stage-parser.ts'
import { TextReader } from './text-reader.ts'
import { allOf, anyOf, EVERYTHING, type Query, type QueryTerm, queryOf } from './tree.ts'
import { messageWildcard, readRegex, readValue } from './value-parser.ts'

const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i

export class QueryParser {
  readonly #reader: TextReader
  /** Inside of `field:( … )`. */
  #field: string | null = null
  #terms = 0
  #depth = 0

  constructor(text: string) {
    this.#reader = new TextReader(text)
  }

  /** Conditions and stages. Throws a QueryFaultError. */
  search(): Search {
    const query = this.#conditions()
    return { query, stages: new StageParser(this.#reader).stages() }
  }

  /** Conditions alone. Throws a QueryFaultError. */
  query(): Query {
    const query = this.#conditions()
    const reader = this.#reader
    if (reader.isAtEnd) return query
    const start = reader.at
    reader.at = reader.text.length
    return reader.fail(start, {
      message: 'only a search can have stages behind a |',
      expected: 'conditions alone, or quotation marks around the | for the sign',
      suggestion: reader.replaced(start, ''),
      length: 1,
    })
  }

  /** Up to the first bar, or the end of the text. */
  #conditions(): Query {
    const reader = this.#reader
    const { text } = reader
    if (text.length > QUERY_CHARS_MAX) {
      reader.fail(QUERY_CHARS_MAX, {
        message: `a query has at most ${QUERY_CHARS_MAX} characters, this one has ${text.length}`,
        expected: 'a shorter query',
        suggestion: null,
        length: text.length,
      })
    }
    reader.skipSpace()
    if (reader.isAtEnd || (reader.next === '|' && !this.#isOr())) return EVERYTHING
    const term = this.#any()
    if (reader.next === ')') this.#refuseClosing()
    return queryOf(term)
  }

  /** What other languages write for OR. */
  #isOr(): boolean {
    return this.#reader.text.startsWith('||', this.#reader.at)
  }

  #refuseClosing(): never {
    const start = this.#reader.at++
    return this.#reader.fail(start, {
      message: 'this ) closes no group',
      expected: 'a ( before it, or quotation marks around it',
      suggestion: this.#reader.replaced(start, ''),
    })
  }

  #any(): QueryTerm {
    const reader = this.#reader
    const terms = [this.#all()]
    while (reader.operator() === 'OR') {
      const start = reader.at
      reader.at += 'OR'.length
      terms.push(this.#behind(start, 'OR', () => this.#all()))
    }
    return anyOf(terms)
  }

  #all(): QueryTerm {
    const reader = this.#reader
    const terms: QueryTerm[] = []
    for (;;) {
      reader.skipSpace()
      const start = reader.at
      const operator = reader.operator()
      if (this.#isOr()) this.#refuseOr()
      if (this.#isAtClosing() || operator === 'OR') {
        if (terms.length === 0) this.#refuseNothing(operator)
        return allOf(terms)
      }
      if (operator === 'AND') {
        if (terms.length === 0) this.#refuseNothing(operator)
        reader.at += 'AND'.length
        terms.push(this.#behind(start, 'AND', () => this.#not()))
      } else terms.push(this.#not())
    }
  }

  /** Where nothing of a group can follow. */
  #isAtClosing(): boolean {
    const { isAtEnd, next } = this.#reader
    return isAtEnd || next === ')' || next === '|'
  }

  #refuseOr(): never {
    const reader = this.#reader
    const start = reader.at
    reader.at += 2
    return reader.fail(start, {
      message: '|| is written OR',
      expected: 'OR between conditions, or one | before a stage',
      suggestion: reader.replaced(start, 'OR'),
    })
  }

  /** Where a condition has to stand and none does. */
  #refuseNothing(operator: string | null): never {
    const reader = this.#reader
    const start = reader.at
    if (operator !== null) {
      reader.at += operator.length
      reader.fail(start, {
        message: `there is nothing before ${operator}`,
        expected: `a condition, or "${operator}" in quotation marks for the word`,
        suggestion: reader.replaced(start, ''),
      })
    }
    return reader.fail(start, {
      message: 'there is nothing in this group',
      expected: 'a condition',
      suggestion: this.#withoutEmptyGroup(),
    })
  }

  #withoutEmptyGroup(): string | null {
    const { text, at, next } = this.#reader
    if (next !== ')') return null
    const before = text.slice(0, at).trimEnd()
    if (!before.endsWith('(')) return null
    const without = `${before.slice(0, -1)} ${text.slice(at + 1)}`.trim()
    return without.length < text.length ? without : null
  }

  /** What an operator at `start` needs behind it. */
  #behind(start: number, operator: string, read: () => QueryTerm): QueryTerm {
    const reader = this.#reader
    const end = reader.at
    reader.skipSpace()
    const next = reader.operator()
    if (!this.#isAtClosing() && (next === null || next === 'NOT')) return read()
    reader.at = end
    return reader.fail(start, {
      message: `there is nothing behind ${operator}`,
      expected: `a condition, or "${operator}" in quotation marks for the word`,
      suggestion: reader.replaced(start, ''),
    })
  }

  #not(): QueryTerm {
    const reader = this.#reader
    const start = reader.at
    if (reader.operator() === 'NOT') {
      reader.at += 'NOT'.length
      const negate = (): QueryTerm => ({ type: 'not', term: this.#not() })
      return this.#behind(start, 'NOT', () => this.#deeper(start, negate))
    }
    if (this.#isMinus()) {
      reader.at++
      return this.#deeper(start, () => ({ type: 'not', term: this.#not() }))
    }
    return reader.next === '(' ? this.#group(this.#field) : this.#term()
  }

  /** Before a condition; a number in a group of values may be negative. */
  #isMinus(): boolean {
    const { text, at, next } = this.#reader
    if (next !== '-' && next !== '!') return false
    const behind = text[at + 1] ?? ''
    if (this.#field !== null && next === '-' && /\d/.test(behind)) return false
    return behind !== '' && !/[\s)|]/.test(behind) && tokenizes(text, at)
  }

  #deeper<Result>(start: number, read: () => Result): Result {
    if (++this.#depth > QUERY_DEPTH_MAX) {
      this.#reader.fail(start, {
        message: `groups and negations are nested deeper than ${QUERY_DEPTH_MAX}`,
        expected: 'fewer groups inside each other',
        suggestion: null,
        length: 1,
      })
    }
    const result = read()
    this.#depth--
    return result
  }

  #group(field: string | null): QueryTerm {
    const reader = this.#reader
    const start = reader.at++
    const outer = this.#field
    this.#field = field
    const term = this.#deeper(start, () => this.#any())
    this.#field = outer
    if (reader.take(')')) return term
    const [before, behind] = [reader.text.slice(0, reader.at), reader.text.slice(reader.at)]
    return reader.fail(start, {
      message: 'the group is never closed',
      expected: 'a closing )',
      suggestion: `${before.trimEnd()})${behind === '' ? '' : ` ${behind}`}`,
      length: 1,
    })
  }

  #term(): QueryTerm {
    const reader = this.#reader
    const start = reader.at
    if (++this.#terms > QUERY_TERMS_MAX) {
      reader.fail(start, {
        message: `a query has at most ${QUERY_TERMS_MAX} conditions`,
        expected: 'fewer of them, or a regular expression such as field:/^(?:a|b)$/',
        suggestion: null,
        length: 1,
      })
    }
    if (this.#field !== null) return readValue(reader, this.#field, start)
    if (reader.next === '"') {
      const text = reader.quoted()
      if (!reader.take(':')) return this.#phrase(text, start)
      if (text !== '') return this.#fieldTerm(text, start)
      return reader.fail(start, {
        message: 'the name of a field is missing before ":"',
        expected: 'a name',
        suggestion: null,
      })
    }
    const field = reader.field()
    if (field !== null) return this.#fieldTerm(field, start)
    const regex = readRegex(reader, null)
    if (regex !== null) return regex
    const parts = reader.word()
    if (parts.length > 1) return messageWildcard(reader, start, parts)
    return this.#phrase(parts[0] as string, start)
  }

  #fieldTerm(field: string, start: number): QueryTerm {
    if (this.#reader.next === '(') return this.#group(field)
    return readValue(this.#reader, field, start)
  }

  #phrase(text: string, start: number): QueryTerm {
    const reader = this.#reader
    const tokens = tokenize(text)
    const isQuoted = reader.text[start] === '"'
    if (tokens.length > 0) {
      const isHex = !isQuoted && HEX_ID.test(text)
      return { type: 'phrase', tokens, hex: isHex ? text.toLowerCase() : null }
    }
    return reader.fail(start, {
      message: 'there is no word to search for: words are letters, digits and underscores',
      expected: 'a word, or *…* around signs that a message contains',
      suggestion: reader.replaced(start, OPERATOR_SIGNS.get(text) ?? ''),
    })
  }
}

/** What other languages write for ours. */
const OPERATOR_SIGNS: ReadonlyMap<string, string> = new Map([['&&', 'AND']])

/** Whether what stands behind a minus is more than signs: `--` and `->` are no negations. */
function tokenizes(text: string, at: number): boolean {
  const word = text.slice(at).split(/[\s|]/, 1)[0] ?? ''
  return /["(*/:\\]/.test(word) || tokenize(word).length > 0
}
