/**
 * What a query means, found the slow and obvious way over a plain object: the judge of the matcher
 * over columns and of every store. It shares with them only words and patterns, which have judges
 * of their own.
 */
import type { Level } from '#proto/api.ts'
import { parseLevel } from '#proto/level.ts'
import { insidePattern, valuePattern } from '#proto/query/pattern.ts'
import { patternMatches } from '#proto/query/pattern-matcher.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import type { Bound, QueryLeaf, QueryTerm } from '#proto/query/tree.ts'
import { parseTime } from '#proto/time.ts'
import { fold, tokenClass, tokenize } from '#proto/tokens.ts'
import { patternOfText } from '../patterns/pattern-ids.ts'

export type NaiveValue = string | number | bigint | boolean | null | readonly NaiveValue[]

export interface NaiveRow {
  readonly id: string
  readonly timeUs: number
  readonly receivedAtUs: number
  readonly level: Level
  readonly severityText: string
  readonly service: string
  readonly host: string
  readonly file: string
  readonly message: string
  /** Lower case; '' = none. */
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly (readonly [key: string, value: NaiveValue])[]
}

export function matchesQuery(row: NaiveRow, terms: readonly QueryTerm[]): boolean {
  return terms.every(term => matchesTerm(row, term))
}

function matchesTerm(row: NaiveRow, term: QueryTerm): boolean {
  switch (term.type) {
    case 'all':
      return matchesQuery(row, term.terms)
    case 'any':
      return term.terms.some(each => matchesTerm(row, each))
    case 'not':
      return !matchesTerm(row, term.term)
    default:
      return matchesLeaf(row, term)
  }
}

function matchesLeaf(row: NaiveRow, leaf: QueryLeaf): boolean {
  if (leaf.type === 'phrase') {
    if (leaf.hex !== null && [row.traceId, row.spanId].includes(leaf.hex)) return true
    const tokens = tokenize(row.message)
    return tokens.some((_, at) => leaf.tokens.every((token, i) => tokens[at + i] === token))
  }
  if (leaf.field === null) return matchesMessage(row.message, leaf)
  switch (leaf.field) {
    case 'level':
      return matchesLevel(row.level, leaf)
    case 'time':
      return matchesTime(row.timeUs, leaf)
    case 'ingested_at':
      return matchesTime(row.receivedAtUs, leaf)
    case 'id':
      return leaf.type === 'exists' || matchesText(row.id, leaf)
    case 'pattern_id':
      return leaf.type === 'exists' || matchesText(String(patternOfText(row.message)), leaf)
    case 'service':
    case 'host':
    case 'file':
    case 'message':
      return matchesName(row[leaf.field], leaf)
    case 'severity_text':
      return matchesName(row.severityText, leaf)
    case 'trace_id':
      return matchesId(row.traceId, leaf) || matchesAttribute(row, leaf.field, leaf)
    case 'span_id':
      return matchesId(row.spanId, leaf) || matchesAttribute(row, leaf.field, leaf)
    default:
      return matchesAttribute(row, leaf.field, leaf)
  }
}

function matchesMessage(message: string, leaf: QueryLeaf): boolean {
  if (leaf.type === 'regex') {
    const parsed = parseRegex(leaf.source, leaf.ignoreCase)
    return parsed.type === 'regex' && patternMatches(parsed.branches, message)
  }
  if (leaf.type !== 'wildcard') return false
  const isWord = Array.from(leaf.parts.join('')).every(
    character => tokenClass(character.codePointAt(0) ?? 0) === 'in-run',
  )
  if (!isWord) return patternMatches([insidePattern(leaf.parts)], fold(message))
  const whole = [{ pattern: valuePattern(leaf.parts), atStart: true, atEnd: true }]
  return tokenize(message).some(token => patternMatches(whole, token))
}

function matchesLevel(level: Level, leaf: QueryLeaf): boolean {
  if (leaf.type === 'exists') return true
  if (leaf.type === 'field') return placeOf(level) === placeOf(leaf.value)
  if (leaf.type !== 'range') return matchesText(level, leaf)
  return isBetween(placeOf(level), leaf, placeOf)
}

/** Only names in some case are ours: others have no place. */
function placeOf(name: string): number {
  const { severity, severityText } = parseLevel(name)
  return severity === 0 || severityText !== '' ? Number.NaN : Math.floor((severity - 1) / 4)
}

function matchesTime(us: number, leaf: QueryLeaf): boolean {
  if (leaf.type === 'exists') return true
  return leaf.type === 'range' && isBetween(us, leaf, text => parseTime(text)?.timeUs ?? Number.NaN)
}

function isBetween(
  value: number,
  { from, to }: { readonly from: Bound | null; readonly to: Bound | null },
  read: (text: string) => number,
): boolean {
  const [first, last] = [from && read(from.value), to && read(to.value)]
  return (
    (first === null || value > first || (from?.inclusive === true && value === first)) &&
    (last === null || value < last || (to?.inclusive === true && value === last))
  )
}

/** An empty text is a field that is not there: only equality finds it. */
function matchesName(text: string, leaf: QueryLeaf): boolean {
  if (leaf.type === 'exists') return text !== ''
  return (text !== '' || leaf.type === 'field' || leaf.type === 'exact') && matchesText(text, leaf)
}

function matchesId(id: string, leaf: QueryLeaf): boolean {
  if (id === '' || leaf.type === 'range') return false
  return leaf.type === 'exists' || matchesText(id, leaf)
}

function matchesAttribute(row: NaiveRow, key: string, leaf: QueryLeaf): boolean {
  return row.attributes.some(([own, value]) => {
    if (own !== key) return false
    return leaf.type === 'exists' || scalarsOf(value).some(scalar => matchesScalar(scalar, leaf))
  })
}

function scalarsOf(value: NaiveValue): readonly NaiveValue[] {
  return Array.isArray(value) ? (value as readonly NaiveValue[]) : [value]
}

const CHARS_MAX = 8_191

function matchesScalar(value: NaiveValue, leaf: QueryLeaf): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= CHARS_MAX && matchesText(value, leaf)
    case 'boolean':
      if (leaf.type === 'range') return false
      if (leaf.type === 'exact') return lower(leaf.value) === String(value)
      return matchesText(String(value), leaf)
    case 'number':
    case 'bigint':
      return matchesNumber(value, leaf)
    default:
      return false
  }
}

function matchesNumber(value: number | bigint, leaf: QueryLeaf): boolean {
  switch (leaf.type) {
    case 'field':
    case 'exact':
      return isNumeral(leaf.value) && compareNumbers(value, leaf.value) === 0
    case 'range': {
      const { from, to } = leaf
      const bounds = [from, to].flatMap(bound => (bound === null ? [] : [bound.value]))
      if (!bounds.every(isNumeral) || Number.isNaN(value)) return false
      const [first, last] = [
        from && compareNumbers(value, from.value),
        to && compareNumbers(value, to.value),
      ]
      return (
        (first === null || first > 0 || (from?.inclusive === true && first === 0)) &&
        (last === null || last < 0 || (to?.inclusive === true && last === 0))
      )
    }
    default:
      return matchesText(String(value), leaf)
  }
}

/** Integers are compared as such with integers, everything else as doubles. */
function compareNumbers(value: number | bigint, text: string): number {
  const isWhole = /^-?\d+$/.test(text)
  if (typeof value === 'bigint' || (isWhole && Number.isSafeInteger(value))) {
    const own = BigInt(value)
    if (isWhole) return own === BigInt(text) ? 0 : own < BigInt(text) ? -1 : 1
    const other = Number(text)
    if (!Number.isFinite(other)) return other > 0 ? -1 : 1
    if (Number.isInteger(other)) return own === BigInt(other) ? 0 : own < BigInt(other) ? -1 : 1
    return own <= BigInt(Math.floor(other)) ? -1 : 1
  }
  return value === Number(text) ? 0 : value < Number(text) ? -1 : 1
}

function isNumeral(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text)
}

function matchesText(text: string, leaf: QueryLeaf): boolean {
  switch (leaf.type) {
    case 'field':
      return lower(text) === lower(leaf.value)
    case 'exact':
      return text === leaf.value
    case 'wildcard': {
      const whole = { pattern: valuePattern(leaf.parts), atStart: true, atEnd: true }
      return patternMatches([whole], text)
    }
    case 'regex': {
      const parsed = parseRegex(leaf.source, leaf.ignoreCase)
      return parsed.type === 'regex' && patternMatches(parsed.branches, text)
    }
    case 'range': {
      const { from, to } = leaf
      const bounds = [from, to].flatMap(bound => (bound === null ? [] : [bound.value]))
      if (bounds.some(isNumeral)) return false
      return (
        (from === null || compareTexts(text, from.value) > (from.inclusive ? -1 : 0)) &&
        (to === null || compareTexts(text, to.value) < (to.inclusive ? 1 : 0))
      )
    }
    default:
      return false
  }
}

/** By code points, not by the halves that JavaScript compares. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (const [i, character] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return left.length < right.length ? -1 : 0
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}
