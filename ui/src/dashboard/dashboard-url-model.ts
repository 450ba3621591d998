/** The state of the dashboard as it stands in the URL, and the ways from it into the explorer. */
import type { Level } from '#proto/api.ts'
import {
  type ExploreState,
  PLAIN_DEFAULTS,
  parseExplore,
  printExplore,
} from '../explore/explore-url-model.ts'
import { conditionsOf } from '../explore/query-check.ts'
import { withTerm } from '../explore/query-text-model.ts'
import type { Zone } from '../kit/wall-time.ts'
import { readRange, readZone, writeRange } from '../time/range-params.ts'
import type { Interval, TimeRange } from '../time/time-range-model.ts'

export interface DashboardState {
  /** Id or name; null = not chosen yet. */
  readonly project: string | null
  /** Conditions that all of it is about. */
  readonly query: string
  readonly range: TimeRange
  readonly zone: Zone
  /** The rows fill the screen as they come. */
  readonly stream: boolean
  /** By which field the slowest are told apart, and which number says so; null = as it suits. */
  readonly slowBy: string | null
  readonly slowField: string | null
  /** Functions and labels of metric charts where they are not the usual ones. */
  readonly metrics: readonly MetricChoice[]
}

export interface MetricChoice {
  readonly name: string
  /** '' = the usual one. */
  readonly fn: string
  /** '' = all together. */
  readonly by: string
}

export interface DashboardDefaults {
  readonly zone: Zone
}

export function parseDashboard(search: string, defaults: DashboardDefaults): DashboardState {
  const params = new URLSearchParams(search)
  return {
    project: params.get('project'),
    query: conditionsOf(params.get('q') ?? ''),
    range: readRange(params),
    zone: readZone(params.get('tz')) ?? defaults.zone,
    stream: params.get('stream') === '1',
    slowBy: params.get('by') || null,
    slowField: params.get('slow') || null,
    metrics: params.getAll('metric').flatMap(readChoice),
  }
}

/** The search part of the URL; what equals the defaults is left out. */
export function printDashboard(state: DashboardState, defaults: DashboardDefaults): string {
  const params = new URLSearchParams()
  if (state.project !== null) params.set('project', state.project)
  if (state.query !== '') params.set('q', state.query)
  writeRange(params, state.range)
  if (state.stream) params.set('stream', '1')
  if (state.slowBy !== null) params.set('by', state.slowBy)
  if (state.slowField !== null) params.set('slow', state.slowField)
  for (const { name, fn, by } of state.metrics) params.append('metric', `${name}~${fn}~${by}`)
  if (state.zone !== defaults.zone) params.set('tz', state.zone)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

export function metricChoice({ metrics }: DashboardState, name: string): MetricChoice {
  return metrics.find(choice => choice.name === name) ?? { name, fn: '', by: '' }
}

/** The choices with another one for its metric; a usual one need not be told. */
export function withMetricChoice(
  { metrics }: DashboardState,
  choice: MetricChoice,
): readonly MetricChoice[] {
  const others = metrics.filter(({ name }) => name !== choice.name)
  return choice.fn === '' && choice.by === '' ? others : [...others, choice]
}

/** What of the dashboard is looked at more closely. */
export interface Closer {
  /** Instead of the conditions of the dashboard. */
  readonly query?: string
  /** Conditions beside those of the dashboard. */
  readonly terms?: readonly string[]
  readonly levels?: readonly Level[]
  readonly services?: readonly string[]
  /** Instead of the whole span. */
  readonly interval?: Interval
  readonly view?: ExploreState['view']
}

/** The search part of the explorer's URL that shows the logs behind a part of the dashboard. */
export function exploreSearch(
  { project, range, zone, ...state }: DashboardState,
  { query = state.query, terms = [], levels = [], services = [], interval, view = 'logs' }: Closer,
  defaults: DashboardDefaults,
): string {
  const plain = { ...PLAIN_DEFAULTS, ...defaults }
  const shown: ExploreState = {
    ...parseExplore('', plain),
    project,
    query: terms.reduce(withTerm, query),
    levels,
    services: [...services].sort(),
    range: interval === undefined ? range : { kind: 'absolute', ...interval },
    zone,
    view,
  }
  return printExplore(shown, plain)
}

/** Names of metrics and labels have no tilde. */
function readChoice(text: string): MetricChoice[] {
  const [name = '', fn = '', by = ''] = text.split('~')
  return name === '' ? [] : [{ name, fn, by }]
}
