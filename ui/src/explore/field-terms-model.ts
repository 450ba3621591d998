/** What a query says about one field, as the sidebar shows and changes it. */
import { printSearch } from '#proto/query/print-stages.ts'
import { anyOf, type QueryTerm } from '#proto/query/tree.ts'
import { parseSearch } from '#proto/query.ts'
import { fieldTerm, withTerm } from './query-text-model.ts'

export interface FieldChoice {
  /** Any of these, as in `host:(a OR b)`. */
  readonly included: readonly string[]
  /** None of these, as in `-host:a`. */
  readonly excluded: readonly string[]
  /** Of numbers; a text where it is no number. */
  readonly from: string | null
  readonly to: string | null
}

const NO_CHOICE: FieldChoice = { included: [], excluded: [], from: null, to: null }

/** Conditions inside of groups are not of the sidebar's making: they are left out. */
export function choiceOf(query: string, field: string): FieldChoice {
  const parsed = parseSearch(query)
  if (parsed.type === 'fault') return NO_CHOICE
  const { terms } = parsed.search.query
  const range = terms.find(term => term.type === 'range' && term.field === field)
  return {
    included: terms.flatMap(term => includedIn(term, field) ?? []),
    excluded: terms.flatMap(term =>
      term.type === 'not' ? (includedIn(term.term, field) ?? []) : [],
    ),
    from: range?.type === 'range' ? (range.from?.value ?? null) : null,
    to: range?.type === 'range' ? (range.to?.value ?? null) : null,
  }
}

/** Whether the query says anything about the field that the sidebar can show. */
export function isChosen(query: string, field: string): boolean {
  const { included, excluded, from, to } = choiceOf(query, field)
  return included.length + excluded.length > 0 || from !== null || to !== null
}

/** The value joins those that are looked for, or leaves them. */
export function toggleIncluded(query: string, field: string, value: string): string {
  const { included, excluded } = choiceOf(query, field)
  const others = included.filter(other => !isSame(other, value))
  const next = others.length < included.length ? others : [...included, value]
  const cleared = excluded.some(other => isSame(other, value))
    ? toggleExcluded(query, field, value)
    : query
  if (included.length === 0) return withTerm(cleared, fieldTerm(field, value))
  return changed(cleared, term => includedIn(term, field) === null, includeTerm(field, next))
}

/** The value joins those that are left out, or leaves them. */
export function toggleExcluded(query: string, field: string, value: string): string {
  const { excluded, included } = choiceOf(query, field)
  const isOut = excluded.some(other => isSame(other, value))
  if (!isOut) {
    const cleared = included.some(other => isSame(other, value))
      ? toggleIncluded(query, field, value)
      : query
    return withTerm(cleared, `-${fieldTerm(field, value)}`)
  }
  const others = excluded.filter(other => !isSame(other, value))
  const isOther = (term: QueryTerm): boolean =>
    term.type !== 'not' || includedIn(term.term, field) === null
  const nots = others.map((other): QueryTerm => notTerm(field, other))
  return changed(query, isOther, nots)
}

/** Numbers between both ends, which are in it; null = open. */
export function withNumberRange(
  query: string,
  field: string,
  from: number | null,
  to: number | null,
): string {
  const bound = (value: number | null) =>
    value === null ? null : { value: String(value), inclusive: true }
  const term: QueryTerm = { type: 'range', field, from: bound(from), to: bound(to) }
  const isOther = (other: QueryTerm): boolean => other.type !== 'range' || other.field !== field
  return changed(query, isOther, from === null && to === null ? [] : [term])
}

/** Nothing about the field any more. */
export function withoutField(query: string, field: string): string {
  const isOther = (term: QueryTerm): boolean => {
    if (term.type === 'range') return term.field !== field
    return includedIn(term.type === 'not' ? term.term : term, field) === null
  }
  return changed(query, isOther, [])
}

function changed(
  query: string,
  keep: (term: QueryTerm) => boolean,
  more: readonly QueryTerm[],
): string {
  const parsed = parseSearch(query)
  if (parsed.type === 'fault') return query
  const { terms } = parsed.search.query
  return printSearch({
    ...parsed.search,
    query: { terms: [...terms.filter(keep), ...more] },
  }).trim()
}

function includeTerm(field: string, values: readonly string[]): readonly QueryTerm[] {
  if (values.length === 0) return []
  return [anyOf(values.map((value): QueryTerm => ({ type: 'field', field, value })))]
}

function notTerm(field: string, value: string): QueryTerm {
  return { type: 'not', term: { type: 'field', field, value } }
}

/** Values that a term asks the field for; null = it is about something else as well. */
function includedIn(term: QueryTerm, field: string): readonly string[] | null {
  if (term.type === 'field' || term.type === 'exact')
    return term.field === field ? [term.value] : null
  if (term.type !== 'any') return null
  const values = term.terms.map(each => includedIn(each, field))
  return values.every(each => each !== null) ? values.flat() : null
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
