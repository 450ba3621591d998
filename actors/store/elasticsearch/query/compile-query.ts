/** From a search's conditions to the language of Elasticsearch, with the meaning of the matcher. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { QueryTerm } from '#proto/query.ts'
import { formatRowId, parseRowId } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { tokenize } from '#proto/tokens.ts'
import { FIELDS } from '../field-names.ts'
import { type AttributeTypes, attributeClause } from './attribute-clause.ts'
import type { Clause } from './visible-rows.ts'

export interface CompiledQuery {
  /** All must hold. */
  readonly clauses: readonly Clause[]
  /** Fields made while reading. */
  readonly runtimeMappings: Readonly<Record<string, unknown>>
}

/** The whole text of a message, which no index has. */
const WHOLE_MESSAGE = 'logboy_whole_message'
export const MESSAGE_RUNTIME: Readonly<Record<string, unknown>> = {
  type: 'keyword',
  script: {
    source: `def text = params._source['${FIELDS.message}']; emit(text == null ? '' : text)`,
  },
}

export function compileQuery(filter: RowFilter, types: AttributeTypes): CompiledQuery {
  const runtimeMappings: Record<string, unknown> = {}
  const needs = (name: string, mapping: unknown): void => {
    runtimeMappings[name] = mapping
  }
  const clauses = [
    ...range(FIELDS.time, filter.startUs, filter.endUs),
    ...range(FIELDS.receivedAt, filter.ingestedStartUs, filter.ingestedEndUs),
    ...(filter.levels.length === 0 ? [] : [levels(filter.levels)]),
    ...(filter.services.length === 0
      ? []
      : [either(filter.services.map(service => whole(FIELDS.service, service)))]),
    ...filter.query.terms.map(term => compileTerm(term, types, needs)),
  ]
  return { clauses, runtimeMappings }
}

/** Keys of attributes that the query asks about. */
export function attributeKeysOf({ query }: Pick<RowFilter, 'query'>): string[] {
  return query.terms.flatMap(term =>
    term.type === 'field' && !OWN_FIELDS.has(term.field) ? [term.field] : [],
  )
}

/** Fields that are no attributes. `trace_id` and `span_id` may be both. */
const OWN_FIELDS = new Set(['level', 'service', 'host', 'file', 'severity_text', 'message', 'id'])

export const NOTHING: Clause = { match_none: {} }

/** At least one holds. */
export function either(clauses: readonly Clause[]): Clause {
  const [first] = clauses
  if (first === undefined) return NOTHING
  return clauses.length === 1 ? first : { bool: { should: clauses, minimum_should_match: 1 } }
}

/** [from, to) in µs. */
function range(field: string, fromUs: number, toUs: number): Clause[] {
  const bounds = {
    ...(fromUs > 0 ? { gte: formatTime(fromUs) } : {}),
    ...(toUs < Number.MAX_SAFE_INTEGER ? { lt: formatTime(Math.max(0, toUs)) } : {}),
  }
  return Object.keys(bounds).length === 0 ? [] : [{ range: { [field]: bounds } }]
}

function levels(names: readonly string[]): Clause {
  return { terms: { [FIELDS.level]: names.map(name => name.toUpperCase()) } }
}

type Needs = (name: string, mapping: unknown) => void

function compileTerm(term: QueryTerm, types: AttributeTypes, needs: Needs): Clause {
  if (term.type === 'field') return compileField(term.field, term.value, types, needs)
  const phrase = phraseClause(term.tokens)
  if (term.hex === null) return phrase
  return either([
    idClause(term.hex.length === 32 ? FIELDS.traceId : FIELDS.spanId, term.hex),
    phrase,
  ])
}

function phraseClause(tokens: readonly string[]): Clause {
  return { match_phrase: { [FIELDS.message]: tokens.join(' ') } }
}

function compileField(field: string, value: string, types: AttributeTypes, needs: Needs): Clause {
  switch (field) {
    case 'level':
      return levels([value])
    case 'service':
      return whole(FIELDS.service, value)
    case 'host':
      return whole(FIELDS.host, value)
    case 'file':
      return whole(FIELDS.file, value)
    case 'severity_text':
      return whole(FIELDS.severityText, value)
    case 'message':
      return wholeMessage(value, needs)
    case 'id':
      return rowId(value)
    // What is not 32 or 16 hex digits stays an attribute of that name.
    case 'trace_id':
      return either([idClause(FIELDS.traceId, value), attributeClause(field, value, types)])
    case 'span_id':
      return either([idClause(FIELDS.spanId, value), attributeClause(field, value, types)])
    default:
      return attributeClause(field, value, types)
  }
}

/** A row without the field has an empty text there. */
function whole(field: string, value: string): Clause {
  if (value === '') return { bool: { must_not: [{ exists: { field } }] } }
  return { term: { [field]: { value, case_insensitive: true } } }
}

/** Every message with these tokens is read and compared: slow, but for a phrase that is rare. */
function wholeMessage(value: string, needs: Needs): Clause {
  if (value === '') return whole(FIELDS.message, value)
  needs(WHOLE_MESSAGE, MESSAGE_RUNTIME)
  const tokens = tokenize(value)
  return {
    bool: {
      filter: [
        ...(tokens.length === 0 ? [] : [phraseClause(tokens)]),
        { term: { [WHOLE_MESSAGE]: { value, case_insensitive: true } } },
      ],
    },
  }
}

function idClause(field: string, hex: string): Clause {
  return { term: { [field]: hex.toLowerCase() } }
}

function rowId(text: string): Clause {
  const id = parseRowId(text)
  return id === null ? NOTHING : { ids: { values: [formatRowId(id)] } }
}
