/** The state of the dashboard as it stands in the URL, and the ways from it into the explorer. */
import type { Level } from '#proto/api.ts'
import {
  type ExploreState,
  PLAIN_DEFAULTS,
  parseExplore,
  printExplore,
} from '../explore/explore-url-model.ts'
import type { Zone } from '../kit/wall-time.ts'
import { readRange, readZone, writeRange } from '../time/range-params.ts'
import type { Interval, TimeRange } from '../time/time-range-model.ts'

export interface DashboardState {
  /** Id or name; null = not chosen yet. */
  readonly project: string | null
  readonly range: TimeRange
  readonly zone: Zone
}

export interface DashboardDefaults {
  readonly zone: Zone
}

export function parseDashboard(search: string, defaults: DashboardDefaults): DashboardState {
  const params = new URLSearchParams(search)
  return {
    project: params.get('project'),
    range: readRange(params),
    zone: readZone(params.get('tz')) ?? defaults.zone,
  }
}

/** The search part of the URL; what equals the defaults is left out. */
export function printDashboard(state: DashboardState, defaults: DashboardDefaults): string {
  const params = new URLSearchParams()
  if (state.project !== null) params.set('project', state.project)
  writeRange(params, state.range)
  if (state.zone !== defaults.zone) params.set('tz', state.zone)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** What of the dashboard is looked at more closely. */
export interface Closer {
  readonly query?: string
  readonly levels?: readonly Level[]
  readonly services?: readonly string[]
  /** Instead of the whole span. */
  readonly interval?: Interval
}

/** The search part of the explorer's URL that shows the logs behind a part of the dashboard. */
export function exploreSearch(
  { project, range, zone }: DashboardState,
  { query = '', levels = [], services = [], interval }: Closer,
  defaults: DashboardDefaults,
): string {
  const plain = { ...PLAIN_DEFAULTS, ...defaults }
  const state: ExploreState = {
    ...parseExplore('', plain),
    project,
    query,
    levels,
    services: [...services].sort(),
    range: interval === undefined ? range : { kind: 'absolute', ...interval },
    zone,
  }
  return printExplore(state, plain)
}
