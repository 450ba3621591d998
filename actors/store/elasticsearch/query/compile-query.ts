/** From a search's conditions to the language of Elasticsearch, with the meaning of the matcher. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import { patternsNamed } from '#actors/processing/patterns/pattern-groups.ts'
import { attributeOf } from '#proto/query/field-kind.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { insidePattern } from '#proto/query/pattern.ts'
import { rangeKind } from '#proto/query/range-kind.ts'
import { spanOf } from '#proto/query/times.ts'
import { leavesOf, type QueryLeaf, type QueryTerm } from '#proto/query/tree.ts'
import { isOfOneToken } from '#proto/query/wildcard-kind.ts'
import { formatRowId, parseRowId } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { tokenize } from '#proto/tokens.ts'
import { FIELDS } from '../field-names.ts'
import { type AttributeTypes, attributeClause, patternOf } from './attribute-clause.ts'
import { type Clause, either, every, NOTHING, not } from './clause.ts'
import { foundByPresence, foundByTail, isPresent, receivedWithin } from './layout.ts'
import { regexpClause } from './lucene-regex.ts'
import { RuntimeFields } from './runtime-fields.ts'

export interface CompiledQuery {
  /** All must hold. */
  readonly clauses: readonly Clause[]
  /** Fields made while reading. */
  readonly runtimeMappings: Readonly<Record<string, unknown>>
}

/** `runtime` is given where several queries go into one request. */
export function compileQuery(
  filter: RowFilter,
  types: AttributeTypes,
  runtime = new RuntimeFields(),
): CompiledQuery {
  const tools = { types, runtime }
  const clauses = [
    ...range(FIELDS.time, filter.startUs, filter.endUs),
    ...received(filter.ingestedStartUs, filter.ingestedEndUs),
    ...(filter.levels.length === 0 ? [] : [levels(filter.levels)]),
    ...(filter.services.length === 0
      ? []
      : [either(filter.services.map(service => whole(FIELDS.service, service, true)))]),
    ...filter.query.terms.map(term => compileTerm(term, tools)),
  ]
  return { clauses, runtimeMappings: tools.runtime.mappings }
}

/** Keys of attributes that the query asks about. `trace_id` and `span_id` may be both. */
export function attributeKeysOf({ query }: Pick<RowFilter, 'query'>): string[] {
  const keys = leavesOf(query.terms).flatMap(leaf => attributeOf(leaf) ?? [])
  return [...new Set(keys)]
}

interface Tools {
  readonly types: AttributeTypes
  readonly runtime: RuntimeFields
}

/** [from, to) in µs. */
function range(field: string, fromUs: number, toUs: number): Clause[] {
  const bounds = {
    ...(fromUs > 0 ? { gte: formatTime(fromUs) } : {}),
    ...(toUs < Number.MAX_SAFE_INTEGER ? { lt: formatTime(Math.max(0, toUs)) } : {}),
  }
  return Object.keys(bounds).length === 0 ? [] : [{ range: { [field]: bounds } }]
}

/** The same of the time of receipt. */
function received(fromUs: number, toUs: number): Clause[] {
  const from = fromUs > 0 ? fromUs : null
  const to = toUs < Number.MAX_SAFE_INTEGER ? Math.max(0, toUs) : null
  return from === null && to === null ? [] : [receivedWithin(from, to)]
}

function levels(names: readonly string[]): Clause {
  return { terms: { [FIELDS.level]: names.map(name => name.toUpperCase()) } }
}

function compileTerm(term: QueryTerm, tools: Tools): Clause {
  switch (term.type) {
    case 'all':
      return every(term.terms.map(each => compileTerm(each, tools)))
    case 'any': {
      // A pattern may have more wordings than there may be clauses.
      const patterns = patternsNamed(term)
      return patterns === null
        ? either(term.terms.map(each => compileTerm(each, tools)))
        : patternsClause(patterns)
    }
    case 'not':
      return not(compileTerm(term.term, tools))
    default:
      return compileLeaf(term, tools)
  }
}

function compileLeaf(leaf: QueryLeaf, tools: Tools): Clause {
  if (leaf.type === 'phrase') return compilePhrase(leaf.tokens, leaf.hex)
  const { field } = leaf
  if (field === null) return compileScan(leaf, tools)
  switch (field) {
    case 'level':
      return levels(levelsOf(leaf))
    case 'time':
      return compileTime(leaf, (fromUs, toUs) => range(FIELDS.time, fromUs, toUs))
    case 'ingested_at':
      return compileTime(leaf, received)
    case 'service':
    case 'host':
    case 'file':
      return compileName(FIELDS[field], leaf)
    case 'severity_text':
      return compileName(FIELDS.severityText, leaf)
    case 'message':
      return compileMessage(leaf, tools)
    case 'id':
      return compileRowId(leaf)
    case 'pattern_id':
      return leaf.type === 'exists' ? every([]) : patternsClause(patternsNamed(leaf) ?? [])
    // What is not 32 or 16 hex digits stays an attribute of that name.
    case 'trace_id':
      return either([compileId(FIELDS.traceId, leaf), attributeClause(field, leaf, tools)])
    case 'span_id':
      return either([compileId(FIELDS.spanId, leaf), attributeClause(field, leaf, tools)])
    default:
      return attributeClause(field, leaf, tools)
  }
}

type FieldLeaf = Exclude<QueryLeaf, { readonly type: 'phrase' }>

function compilePhrase(tokens: readonly string[], hex: string | null): Clause {
  const phrase = phraseClause(tokens)
  if (hex === null) return phrase
  return either([idClause(hex.length === 32 ? FIELDS.traceId : FIELDS.spanId, hex), phrase])
}

function phraseClause(tokens: readonly string[]): Clause {
  return { match_phrase: { [FIELDS.message]: tokens.join(' ') } }
}

/** Words that match a wildcard are in the index; all else reads the messages. */
function compileScan(leaf: FieldLeaf, { runtime }: Tools): Clause {
  if (leaf.type === 'regex') {
    const branches = patternOf(leaf)
    return branches.length === 0 ? NOTHING : regexpClause(runtime.message(), branches)
  }
  if (leaf.type !== 'wildcard') return NOTHING
  if (!isOfOneToken(leaf.parts)) {
    return regexpClause(runtime.foldedMessage(), [insidePattern(leaf.parts)])
  }
  return { wildcard: { [FIELDS.message]: { value: leaf.parts.join('*') } } }
}

type TimeRange = (fromUs: number, toUs: number) => Clause[]

function compileTime(leaf: FieldLeaf, rangeOf: TimeRange): Clause {
  if (leaf.type === 'exists') return every([])
  if (leaf.type !== 'range') return NOTHING
  const { fromUs, toUs } = spanOf(leaf)
  return every(rangeOf(fromUs, toUs))
}

/** A row without the field has an empty text there. */
function compileName(field: string, leaf: FieldLeaf): Clause {
  switch (leaf.type) {
    case 'field':
      return whole(field, leaf.value, true)
    case 'exact':
      return whole(field, leaf.value, false)
    case 'exists':
      return { exists: { field } }
    case 'range': {
      if (rangeKind(leaf) !== 'text') return NOTHING
      const { from, to } = leaf
      const first = from === null ? {} : { [from.inclusive ? 'gte' : 'gt']: from.value }
      const last = to === null ? {} : { [to.inclusive ? 'lte' : 'lt']: to.value }
      return { range: { [field]: { ...first, ...last } } }
    }
    default: {
      const branches = patternOf(leaf)
      return branches.length === 0 ? NOTHING : regexpClause(field, branches)
    }
  }
}

function whole(field: string, value: string, ignoreCase: boolean): Clause {
  if (value === '') return not({ exists: { field } })
  return { term: { [field]: ignoreCase ? { value, case_insensitive: true } : { value } } }
}

/** Whole messages with certain words are read and compared: slow, but for a rare phrase. */
function compileMessage(leaf: FieldLeaf, { runtime }: Tools): Clause {
  if (leaf.type === 'exists') return { exists: { field: FIELDS.message } }
  const isEquality = leaf.type === 'field' || leaf.type === 'exact'
  if (isEquality && leaf.value === '') return not({ exists: { field: FIELDS.message } })
  const text = compileName(runtime.message(), leaf)
  const tokens = isEquality ? tokenize(leaf.value) : []
  const isPresent = { exists: { field: FIELDS.message } }
  return { bool: { filter: [tokens.length === 0 ? isPresent : phraseClause(tokens), text] } }
}

function compileId(field: string, leaf: FieldLeaf): Clause {
  switch (leaf.type) {
    case 'field':
      return idClause(field, leaf.value)
    case 'exact':
      return leaf.value === leaf.value.toLowerCase() ? idClause(field, leaf.value) : NOTHING
    case 'range':
      return NOTHING
    case 'exists':
      return isPresent(field)
    default:
      return foundByPresence(field, compileName(field, leaf))
  }
}

function idClause(field: string, hex: string): Clause {
  const value = hex.toLowerCase()
  return foundByTail(field, value, { term: { [field]: value } })
}

function compileRowId(leaf: FieldLeaf): Clause {
  if (leaf.type === 'exists') return every([])
  if (leaf.type !== 'field' && leaf.type !== 'exact') return NOTHING
  const id = parseRowId(leaf.value)
  if (id === null) return NOTHING
  const text = formatRowId(id)
  return leaf.type === 'exact' && text !== leaf.value ? NOTHING : { ids: { values: [text] } }
}

function patternsClause(ids: readonly number[]): Clause {
  return { terms: { [FIELDS.pattern]: ids } }
}
