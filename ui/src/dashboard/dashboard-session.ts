/** What the dashboard shows: one live session over the logs of the project, and its address. */
import { type Accessor, createMemo, createSignal } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { chooseBarMs } from '../charts/histogram-model.ts'
import { browserClock } from '../clock.ts'
import type { SessionView } from '../explore/explore-session.ts'
import { createFieldFacts, type FieldFacts } from '../explore/field-facts.ts'
import { createLiveSession } from '../explore/live-session.ts'
import { type SearchScope, scopeOf } from '../explore/search-model.ts'
import { createNow, createStored, watch } from '../kit/reactive.ts'
import type { Zone } from '../kit/wall-time.ts'
import { address, type MoveOptions, moveTo } from '../shell/address.ts'
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
  readonly project: Accessor<ProjectAccess>
  readonly state: Accessor<DashboardState>
  readonly view: Accessor<SessionView>
  /** The span as it is asked for by what moves in larger steps than the stream. */
  readonly scope: Accessor<SearchScope>
  /** The span as of this moment. */
  readonly scopeNow: () => SearchScope
  readonly facts: FieldFacts
  readonly change: (patch: Partial<DashboardState>, options?: MoveOptions) => void
  readonly setZone: (zone: Zone) => void
  readonly refresh: () => void
  /** The explorer's address for the logs behind a part of the dashboard. */
  readonly searchOf: (closer: Closer) => string
  readonly look: (closer: Closer) => void
}

/** Wide enough to be aimed at, narrow enough to see a spike. */
const BARS = 90
/** What is counted by the server alone is asked anew so often while the span moves, at most. */
const STEP_MS = 10_000
/** Of long spans, whose bars are wider, less often. */
const STEPS_OF_SPAN = 360
const STEP_MAX_MS = 300_000

export function createDashboard(project: Accessor<ProjectAccess>): Dashboard {
  const [storedZone, setStoredZone] = createStored<Zone>('zone', ['local', 'utc'], 'local')
  const defaults = (): { zone: Zone } => ({ zone: storedZone() })
  const state = createMemo(() => parseDashboard(address().search, defaults()))
  const { session, view } = createLiveSession()
  const [asked, setAsked] = createSignal(0)
  const step = createNow(STEP_MS)
  const change = (patch: Partial<DashboardState>, options?: MoveOptions): void => {
    const next = { ...state(), project: project().id, ...patch }
    moveTo(DASHBOARD_PATH, printDashboard(next, defaults()), options)
  }
  const key = createMemo(() =>
    JSON.stringify([project().id, state().range, state().query, asked()]),
  )
  const scopeAt = (nowMs: number): SearchScope => {
    const { range, query } = state()
    const { fromMs, toMs } = resolveRange(range, nowMs)
    const filter = { query, levels: [], services: [], range }
    const barMs = chooseBarMs(toMs - fromMs, BARS)
    return scopeOf({ state: filter, projectId: project().id, nowMs, barMs })
  }
  const scopeNow = (): SearchScope => scopeAt(browserClock.nowMs())
  watch(key, () => session.run(scopeNow(), state().range.kind === 'relative'))
  const stepped = createMemo(() => {
    const { range } = state()
    if (range.kind === 'absolute') return 0
    const stepMs = Math.max(STEP_MS, (range.seconds * 1000) / STEPS_OF_SPAN)
    return Math.floor(step() / Math.min(STEP_MAX_MS, stepMs))
  })
  const scope = createMemo(() => {
    key()
    stepped()
    return scopeNow()
  })
  const searchOf = (closer: Closer): string =>
    exploreSearch({ ...state(), project: project().id }, closer, defaults())
  return {
    project,
    state,
    view,
    scope,
    scopeNow,
    facts: createFieldFacts(createMemo(() => view().scope)),
    change,
    setZone(zone) {
      setStoredZone(zone)
      change({ zone }, { replace: true })
    },
    refresh: () => setAsked(asked() + 1),
    searchOf,
    look: closer => moveTo(EXPLORE_PATH, searchOf(closer)),
  }
}
