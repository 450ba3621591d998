/** What the dashboard shows: one live session over all logs of the project, and its address. */
import { type Accessor, createMemo } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { chooseBarMs } from '../charts/histogram-model.ts'
import { browserClock } from '../clock.ts'
import type { SessionView } from '../explore/explore-session.ts'
import { createLiveSession } from '../explore/live-session.ts'
import { scopeOf } from '../explore/search-model.ts'
import { createStored, watch } from '../kit/reactive.ts'
import type { Zone } from '../kit/wall-time.ts'
import { address, moveTo } from '../shell/address.ts'
import { DASHBOARD_PATH, EXPLORE_PATH } from '../shell/pages.ts'
import { resolveRange } from '../time/time-range-model.ts'
import {
  type Closer,
  type DashboardState,
  exploreSearch,
  parseDashboard,
  printDashboard,
} from './dashboard-url-model.ts'

export interface Dashboard {
  readonly project: Accessor<Project>
  readonly state: Accessor<DashboardState>
  readonly view: Accessor<SessionView>
  readonly change: (patch: Partial<DashboardState>) => void
  readonly setZone: (zone: Zone) => void
  readonly refresh: () => void
  readonly pause: (paused: boolean) => void
  /** The explorer's address for the logs behind a part of the dashboard. */
  readonly searchOf: (closer: Closer) => string
  readonly look: (closer: Closer) => void
}

/** Wide enough to be aimed at, narrow enough to see a spike. */
const BARS = 90

export function createDashboard(project: Accessor<Project>): Dashboard {
  const [storedZone, setStoredZone] = createStored<Zone>('zone', ['local', 'utc'], 'local')
  const defaults = (): { zone: Zone } => ({ zone: storedZone() })
  const state = createMemo(() => parseDashboard(address().search, defaults()))
  const { session, view } = createLiveSession()
  const change = (patch: Partial<DashboardState>): void => {
    const next = { ...state(), project: project().id, ...patch }
    moveTo(DASHBOARD_PATH, printDashboard(next, defaults()))
  }
  const run = (): void => {
    const { range } = state()
    const nowMs = browserClock.nowMs()
    const { fromMs, toMs } = resolveRange(range, nowMs)
    const filter = { query: '', levels: [], services: [], range }
    const barMs = chooseBarMs(toMs - fromMs, BARS)
    const scope = scopeOf({ state: filter, projectId: project().id, nowMs, barMs })
    session.run(scope, range.kind === 'relative')
  }
  const key = createMemo(() => JSON.stringify([project().id, state().range]))
  watch(key, run)
  const searchOf = (closer: Closer): string =>
    exploreSearch({ ...state(), project: project().id }, closer, defaults())
  return {
    project,
    state,
    view,
    change,
    setZone(zone) {
      setStoredZone(zone)
      change({ zone })
    },
    refresh: run,
    pause: paused => session.pause(paused),
    searchOf,
    look: closer => moveTo(EXPLORE_PATH, searchOf(closer)),
  }
}
