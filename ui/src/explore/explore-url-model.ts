/** The state of the explorer as it stands in the URL, so that links and the back button hold it. */
import { LEVELS, type Level, type Row } from '#proto/api.ts'
import type { Zone } from '../kit/wall-time.ts'
import { readRange, readZone, writeRange } from '../time/range-params.ts'
import { resolveRange, type TimeRange } from '../time/time-range-model.ts'
import { rowTimeMs } from './row-order.ts'

export interface ExploreState {
  /** Id or name; null = not chosen yet. */
  readonly project: string | null
  readonly query: string
  /** Empty = all. In order of severity. */
  readonly levels: readonly Level[]
  /** Empty = all. Sorted. */
  readonly services: readonly string[]
  readonly range: TimeRange
  readonly live: boolean
  /** Id of the row whose details are open. */
  readonly row: string | null
  readonly zone: Zone
  readonly chart: boolean
}

/** What to assume where the URL says nothing. */
export interface ExploreDefaults {
  readonly zone: Zone
}

export function parseExplore(search: string, defaults: ExploreDefaults): ExploreState {
  const params = new URLSearchParams(search)
  const levels = new Set(params.getAll('level').map(level => level.toUpperCase()))
  const range = readRange(params)
  return {
    project: params.get('project'),
    query: params.get('q') ?? '',
    levels: LEVELS.filter(level => levels.has(level)),
    services: [...new Set(params.getAll('service'))].sort(),
    range,
    // Only a span that ends now can go on.
    live: params.get('live') === '1' && range.kind === 'relative',
    row: params.get('row'),
    zone: readZone(params.get('tz')) ?? defaults.zone,
    chart: params.get('chart') !== '0',
  }
}

/** The search part of the URL; what equals the defaults is left out. */
export function printExplore(state: ExploreState, defaults: ExploreDefaults): string {
  const params = new URLSearchParams()
  if (state.project !== null) params.set('project', state.project)
  if (state.query !== '') params.set('q', state.query)
  for (const level of state.levels) params.append('level', level)
  for (const service of state.services) params.append('service', service)
  writeRange(params, state.range)
  if (state.live) params.set('live', '1')
  if (state.row !== null) params.set('row', state.row)
  if (state.zone !== defaults.zone) params.set('tz', state.zone)
  if (!state.chart) params.set('chart', '0')
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * The link to give away: a moving span becomes the moments it covers now, live stands still. A link
 * to one row ends with its second, so that the row stands at the top and what led to it below.
 */
export function shareableState(state: ExploreState, nowMs: number, row?: Row): ExploreState {
  const { fromMs, toMs } = resolveRange(state.range, nowMs)
  const still: ExploreState = { ...state, live: false, range: { kind: 'absolute', fromMs, toMs } }
  if (row === undefined) return still
  const endMs = Math.floor(rowTimeMs(row) / 1000) * 1000 + 1000
  const startMs = Math.min(fromMs, endMs - ROW_CONTEXT_MS)
  return { ...still, row: row.id, range: { kind: 'absolute', fromMs: startMs, toMs: endMs } }
}

/** Equal for states that ask for the same rows of one project. */
export function searchKey({ query, levels, services, range }: ExploreState): string {
  return JSON.stringify([query, levels, services, range])
}

/** The list with `value` added, or removed where it was. */
export function toggled<T>(list: readonly T[], value: T): readonly T[] {
  return list.includes(value) ? list.filter(other => other !== value) : [...list, value]
}

/** At least this much of what came before a shared row. */
const ROW_CONTEXT_MS = 900_000
