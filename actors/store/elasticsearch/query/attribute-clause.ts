/** Conditions on an attribute, in its typed field and in the text twin. */
import { seekValue } from '#actors/processing/sought-value.ts'
import { int64Range, type NumberRange, numberRange } from '#actors/processing/value-number.ts'
import { isWholeNumber } from '#proto/query/number.ts'
import { type Branch, literal, sequence, valuePattern } from '#proto/query/pattern.ts'
import { rangeKind } from '#proto/query/range-kind.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import type { QueryLeaf, RangeTerm, RegexTerm, WildcardTerm } from '#proto/query/tree.ts'
import { attributeField, textTwinField } from '../field-names.ts'
import type { AttributeFieldType } from '../index-template.ts'
import { type Clause, either, NOTHING } from './clause.ts'
import { foundByTail } from './layout.ts'
import { joinedRegexpClause, regexpClause } from './lucene-regex.ts'
import type { RuntimeFields } from './runtime-fields.ts'

/** A field has one type in an index, but may have several over all of a search. */
export interface TypeInIndices {
  readonly type: AttributeFieldType
  /** null = everywhere. */
  readonly indices: readonly string[] | null
}

export type AttributeTypes = ReadonlyMap<string, readonly TypeInIndices[]>

export interface AttributeTools {
  readonly types: AttributeTypes
  readonly runtime: RuntimeFields
}

const SCALARS = ['s', 'i', 'd', 'b'] as const
const TWINS = [...SCALARS, 'j', 'l'] as const

export function attributeClause(
  key: string,
  leaf: Exclude<QueryLeaf, { readonly type: 'phrase' }>,
  tools: AttributeTools,
): Clause {
  switch (leaf.type) {
    case 'field':
      return equality(key, leaf.value, true, tools)
    case 'exact':
      return equality(key, leaf.value, false, tools)
    case 'exists':
      return either([
        ...ownField(attributeField(key)),
        ...TWINS.map(type => textTwinField(type, key)).flatMap(isThere),
      ])
    case 'range':
      return rangeKind(leaf) === 'number' ? numbers(key, leaf, tools) : texts(key, leaf, tools)
    case 'wildcard':
    case 'regex':
      return pattern(key, patternOf(leaf), tools)
  }
}

/** The pattern of whole values. */
export function patternOf(leaf: WildcardTerm | RegexTerm): readonly Branch[] {
  if (leaf.type === 'wildcard') {
    return [{ pattern: valuePattern(leaf.parts), atStart: true, atEnd: true }]
  }
  const parsed = parseRegex(leaf.source, leaf.ignoreCase)
  return parsed.type === 'regex' ? parsed.branches : []
}

/**
 * What `exists` answers of a field that the index has. Of another one it would look for all whose
 * names go on behind a dot: `user` is none because there is `user.id`.
 */
function ownField(field: string): Clause[] {
  return [{ range: { [field]: {} } }, { term: { _ignored: field } }]
}

/** Texts that are too long for an index are there all the same. */
function isThere(field: string): Clause[] {
  return [{ exists: { field } }, { term: { _ignored: field } }]
}

/** A clause for each type that the field has, where it has it. */
function typed(
  key: string,
  { types }: AttributeTools,
  clauseOf: (type: AttributeFieldType, field: string) => Clause | null,
): Clause[] {
  const field = attributeField(key)
  return (types.get(key) ?? []).flatMap(({ type, indices }): Clause[] => {
    const clause = clauseOf(type, field)
    if (clause === null) return []
    if (indices === null) return [clause]
    return [{ bool: { filter: [{ terms: { _index: indices } }, clause] } }]
  })
}

interface Meanings {
  readonly number: number | null
  /** Digits of a whole number of any size. */
  readonly whole: string | null
  readonly isInt64: boolean
  readonly bool: boolean | null
}

function meaningsOf(value: string): Meanings {
  const { number, int, bool } = seekValue(value)
  return {
    number,
    whole: number === null ? null : wholeOf(value, number),
    isInt64: int !== null,
    bool: bool === null ? null : bool === 1,
  }
}

function wholeOf(value: string, number: number): string | null {
  if (isWholeNumber(value)) return String(BigInt(value))
  return Number.isInteger(number) ? String(BigInt(number)) : null
}

function equality(key: string, value: string, ignoreCase: boolean, tools: AttributeTools): Clause {
  const { number, whole, isInt64, bool } = meaningsOf(value)
  const clauses = typed(key, tools, (type, field) => {
    switch (type) {
      case 'keyword':
        return foundByTail(field, value, wholeText(field, value, ignoreCase))
      case 'double':
        return isFinite(number) ? { term: { [field]: number } } : null
      case 'long':
        return isInt64 ? { term: { [field]: whole } } : null
      case 'boolean':
        return bool === null ? null : { term: { [field]: bool } }
    }
  })
  clauses.push(ignoreCase ? twinText(key, value, tools) : twinTerm('s', key, value))
  if (whole !== null) clauses.push(twinTerm('i', key, whole))
  if (isFinite(number)) clauses.push(twinTerm('d', key, String(number)))
  if (bool !== null) clauses.push(twinTerm('b', key, String(bool)))
  return { bool: { should: clauses, minimum_should_match: 1 } }
}

/** Of a column without an index, a term that ignores case would ignore that of letters like É. */
function wholeText(field: string, value: string, ignoreCase: boolean): Clause {
  const hasCase = ignoreCase && /[a-z]/i.test(value)
  return hasCase ? regexpClause(field, [anyCase(value)]) : { term: { [field]: { value } } }
}

/** The whole value, whatever the case of its ASCII letters. */
function anyCase(value: string): Branch {
  return { pattern: sequence(literal(value, true)), atStart: true, atEnd: true }
}

/** Within the twin, ignoring case means that of the key, too: what is found is looked at. */
function twinText(key: string, value: string, tools: AttributeTools): Clause {
  const found = { term: { [textTwinField('s', key)]: { value, case_insensitive: true } } }
  const texts = tools.runtime.attributeTexts(key)
  return { bool: { filter: [found, joinedRegexpClause(texts, [anyCase(value)])] } }
}

function twinTerm(type: (typeof TWINS)[number], key: string, value: string): Clause {
  return { term: { [textTwinField(type, key)]: value } }
}

function isFinite(number: number | null): number is number {
  return number !== null && Number.isFinite(number)
}

/** Numbers in the twin are texts: they are read one by one, where there are any. */
function numbers(key: string, leaf: RangeTerm, tools: AttributeTools): Clause {
  const range = numberRange(leaf)
  if (range === null) return NOTHING
  const inTwin = [textTwinField('i', key), textTwinField('d', key)]
  const flag = tools.runtime.attributeNumbers(key, range)
  return either([
    ...typed(key, tools, (type, field) => typedNumbers(type, field, range)),
    {
      bool: {
        filter: [either(inTwin.map(field => ({ exists: { field } }))), { term: { [flag]: true } }],
      },
    },
  ])
}

function typedNumbers(type: AttributeFieldType, field: string, range: NumberRange): Clause | null {
  const { from, to } = range
  if (type === 'double') {
    const first = from === null ? {} : { [from.inclusive ? 'gte' : 'gt']: from.number }
    const last = to === null ? {} : { [to.inclusive ? 'lte' : 'lt']: to.number }
    return { range: { [field]: { ...first, ...last } } }
  }
  const whole = type === 'long' ? int64Range(range) : null
  if (whole === null) return null
  return { range: { [field]: { gte: String(whole.first), lte: String(whole.last) } } }
}

/** Behind every text that begins with a character. */
const LAST_TEXT = '\u{10ffff}\u{10ffff}\u{10ffff}'

function texts(key: string, { from, to }: RangeTerm, tools: AttributeTools): Clause {
  const first = from === null ? {} : { [from.inclusive ? 'gte' : 'gt']: from.value }
  const last = to === null ? {} : { [to.inclusive ? 'lte' : 'lt']: to.value }
  // Within the twin, a range needs both ends.
  const both = {
    ...(from === null ? { gte: '' } : first),
    ...(to === null ? { lte: LAST_TEXT } : last),
  }
  return either([
    ...typed(key, tools, (type, field) =>
      type === 'keyword' ? { range: { [field]: { ...first, ...last } } } : null,
    ),
    { range: { [textTwinField('s', key)]: both } },
  ])
}

/** Texts in their own field have an index; whatever else there is is read where it is. */
function pattern(key: string, branches: readonly Branch[], tools: AttributeTools): Clause {
  if (branches.length === 0) return NOTHING
  const others = [
    ...typed(key, tools, (type, field) => (type === 'keyword' ? null : { exists: { field } })),
    ...SCALARS.map(type => ({ exists: { field: textTwinField(type, key) } })),
  ]
  const joined = joinedRegexpClause(tools.runtime.attributeTexts(key), branches)
  return either([
    ...typed(key, tools, (type, field) =>
      type === 'keyword' ? regexpClause(field, branches) : null,
    ),
    { bool: { filter: [either(others), joined] } },
  ])
}
