/** The span and the zone of a page as they stand in its address. */
import type { Zone } from '../kit/wall-time.ts'
import {
  parseMoment,
  parseRange,
  RANGE_DEFAULT,
  spanText,
  type TimeRange,
} from './time-range-model.ts'

const RANGE_DEFAULT_SECONDS = RANGE_DEFAULT.kind === 'relative' ? RANGE_DEFAULT.seconds : 0

export function readRange(params: URLSearchParams): TimeRange {
  const fromMs = parseMomentParam(params.get('from'))
  const toMs = parseMomentParam(params.get('to'))
  if (fromMs !== null && toMs !== null && toMs > fromMs) return { kind: 'absolute', fromMs, toMs }
  const last = parseRange(params.get('last') ?? '', { nowMs: 0, zone: 'utc' })
  return last.ok && last.range.kind === 'relative' ? last.range : RANGE_DEFAULT
}

function parseMomentParam(text: string | null): number | null {
  return text === null ? null : parseMoment(text, { nowMs: 0, zone: 'utc' })
}

/** Nothing for the span that is assumed without it. */
export function writeRange(params: URLSearchParams, range: TimeRange): void {
  if (range.kind === 'absolute') {
    params.set('from', new Date(range.fromMs).toISOString())
    params.set('to', new Date(range.toMs).toISOString())
  } else if (range.seconds !== RANGE_DEFAULT_SECONDS) params.set('last', spanText(range.seconds))
}

export function readZone(text: string | null): Zone | null {
  return text === 'utc' || text === 'local' ? text : null
}
