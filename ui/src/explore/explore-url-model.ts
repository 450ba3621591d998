/** The state of the explorer as it stands in the URL, so that links and the back button hold it. */
import { LEVELS, type Level, type Row } from '#proto/api.ts'
import type { Zone } from '../kit/wall-time.ts'
import { readRange, readZone, writeRange } from '../time/range-params.ts'
import { resolveRange, type TimeRange } from '../time/time-range-model.ts'
import { COLUMNS_DEFAULT, type Column, parseColumns, printColumns } from './columns-model.ts'
import { PATTERN_ORDERS, type PatternOrder } from './pattern-model.ts'
import { DENSITIES, type Density } from './row-layout-model.ts'
import { rowTimeMs } from './row-order.ts'

/** Single logs, or the sentences that they have in common. */
export const VIEWS = ['logs', 'patterns'] as const
export type View = (typeof VIEWS)[number]

/** What the details of a row show. */
export const DETAIL_TABS = ['fields', 'json', 'context', 'trace'] as const
export type DetailTab = (typeof DETAIL_TABS)[number]

/** How the answer of an analysis is drawn; null = as it suits it. */
export const CHART_FORMS = ['line', 'bar', 'table'] as const
export type ChartForm = (typeof CHART_FORMS)[number]

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
  readonly tab: DetailTab
  readonly zone: Zone
  readonly chart: boolean
  /** The bars of the time before stand behind those of the range. */
  readonly compare: boolean
  readonly view: View
  readonly form: ChartForm | null
  /** Of patterns. */
  readonly order: PatternOrder
  readonly newOnly: boolean
  readonly columns: readonly Column[]
  readonly density: Density
  readonly wrap: boolean
}

/** What to assume where the URL says nothing: what this browser chose last. */
export type ExploreDefaults = Pick<ExploreState, 'zone' | 'density' | 'wrap'>

/** Those of a browser that has chosen nothing. */
export const PLAIN_DEFAULTS: ExploreDefaults = { zone: 'local', density: 'normal', wrap: false }

export function parseExplore(search: string, defaults: ExploreDefaults): ExploreState {
  const params = new URLSearchParams(search)
  const levels = new Set(params.getAll('level').map(level => level.toUpperCase()))
  const range = readRange(params)
  const wrap = params.get('wrap')
  return {
    project: params.get('project'),
    query: params.get('q') ?? '',
    levels: LEVELS.filter(level => levels.has(level)),
    services: [...new Set(params.getAll('service'))].sort(),
    range,
    // Only a span that ends now can go on.
    live: params.get('live') === '1' && range.kind === 'relative',
    row: params.get('row'),
    tab: oneOf(DETAIL_TABS, params.get('tab')) ?? 'fields',
    zone: readZone(params.get('tz')) ?? defaults.zone,
    chart: params.get('chart') !== '0',
    compare: params.get('compare') === '1',
    view: oneOf(VIEWS, params.get('view')) ?? 'logs',
    form: oneOf(CHART_FORMS, params.get('as')),
    order: oneOf(PATTERN_ORDERS, params.get('order')) ?? 'frequent',
    newOnly: params.get('new') === '1',
    columns: parseColumns(params.get('cols')),
    density: oneOf(DENSITIES, params.get('density')) ?? defaults.density,
    wrap: wrap === null ? defaults.wrap : wrap === '1',
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
  if (state.view !== 'logs') params.set('view', state.view)
  if (state.form !== null) params.set('as', state.form)
  if (state.order !== 'frequent') params.set('order', state.order)
  if (state.newOnly) params.set('new', '1')
  if (state.row !== null) params.set('row', state.row)
  if (state.tab !== 'fields') params.set('tab', state.tab)
  if (state.compare) params.set('compare', '1')
  if (!state.chart) params.set('chart', '0')
  const columns = printColumns(state.columns)
  if (columns !== printColumns(COLUMNS_DEFAULT)) params.set('cols', columns)
  if (state.density !== defaults.density) params.set('density', state.density)
  if (state.wrap !== defaults.wrap) params.set('wrap', state.wrap ? '1' : '0')
  if (state.zone !== defaults.zone) params.set('tz', state.zone)
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
  return {
    ...still,
    view: 'logs',
    row: row.id,
    range: { kind: 'absolute', fromMs: startMs, toMs: endMs },
  }
}

/** Equal for states that ask for the same rows of one project. */
export function searchKey({ query, levels, services, range }: ExploreState): string {
  return JSON.stringify([query, levels, services, range])
}

/** At least this much of what came before a shared row. */
const ROW_CONTEXT_MS = 900_000

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | null {
  return allowed.find(value => value === text) ?? null
}
