/** Times in a query: `now-15m` and times without a zone mean a moment once somebody asks. */
import { formatTime, parseTimeAround } from '../time.ts'
import type { TimeZone } from '../time-zone.ts'
import { fieldKind } from './field-kind.ts'
import type { Bound, Query, QueryTerm, RangeTerm } from './tree.ts'

/** The query with all of its times as RFC 3339 in UTC. */
export function fixTimes(query: Query, nowUs: number, zone: TimeZone | null): Query {
  return { terms: query.terms.map(term => fixTerm(term, nowUs, zone)) }
}

function fixTerm(term: QueryTerm, nowUs: number, zone: TimeZone | null): QueryTerm {
  switch (term.type) {
    case 'all':
    case 'any':
      return { type: term.type, terms: term.terms.map(each => fixTerm(each, nowUs, zone)) }
    case 'not':
      return { type: 'not', term: fixTerm(term.term, nowUs, zone) }
    case 'range':
      if (fieldKind(term.field) !== 'time') return term
      return { ...term, from: fixBound(term.from, nowUs, zone), to: fixBound(term.to, nowUs, zone) }
    default:
      return term
  }
}

function fixBound(bound: Bound | null, nowUs: number, zone: TimeZone | null): Bound | null {
  if (bound === null) return null
  const us = parseTimeAround(bound.value, nowUs, zone)
  if (us === null) return bound
  return { ...bound, value: formatTime(Math.min(Math.max(0, Math.round(us)), LATEST_US)) }
}

/** `now-99999d` is a time, too. */
const LATEST_US = Date.UTC(9999, 11, 31) * 1_000

/** Whole microseconds [fromUs, toUs); a time that nobody fixed is one in UTC. */
export interface TimeSpan {
  readonly fromUs: number
  readonly toUs: number
}

export function spanOf({ from, to }: Pick<RangeTerm, 'from' | 'to'>): TimeSpan {
  return {
    fromUs: from === null ? 0 : usOf(from) + (from.inclusive ? 0 : 1),
    toUs: to === null ? Number.MAX_SAFE_INTEGER : usOf(to) + (to.inclusive ? 1 : 0),
  }
}

function usOf({ value }: Bound): number {
  return parseTimeAround(value, 0) ?? Number.NaN
}

export interface TimeBounds {
  readonly startUs: number
  readonly endUs: number
  readonly ingestedStartUs: number
  readonly ingestedEndUs: number
}

/**
 * Takes the ranges of time that must hold out of the query and into the bounds, by which whole
 * segments and indices are left out before anything is read.
 */
export function hoistTimes<Bounded extends TimeBounds & { readonly query: Query }>(
  asked: Bounded,
): Bounded {
  let { startUs, endUs, ingestedStartUs, ingestedEndUs } = asked
  const terms = asked.query.terms.filter(term => {
    if (term.type !== 'range' || fieldKind(term.field) !== 'time') return true
    const { fromUs, toUs } = spanOf(term)
    if (term.field === 'time') {
      startUs = Math.max(startUs, fromUs)
      endUs = Math.min(endUs, toUs)
    } else {
      ingestedStartUs = Math.max(ingestedStartUs, fromUs)
      ingestedEndUs = Math.min(ingestedEndUs, toUs)
    }
    return false
  })
  return { ...asked, query: { terms }, startUs, endUs, ingestedStartUs, ingestedEndUs }
}
