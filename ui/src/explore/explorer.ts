/** Ties the explorer's parts together: the URL says what is wanted, the session fetches it. */
import { type Accessor, createMemo, createSignal, onCleanup } from 'solid-js'
import type { Project, Row } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { readRow } from '../api/logs.ts'
import { chooseBarMs } from '../charts/histogram-model.ts'
import { browserClock } from '../clock.ts'
import { createStored, watch } from '../kit/reactive.ts'
import { toast } from '../kit/toast.tsx'
import type { Zone } from '../kit/wall-time.ts'
import { address, type MoveOptions, moveTo, openedHere } from '../shell/address.ts'
import { EXPLORE_PATH } from '../shell/pages.ts'
import { RANGE_DEFAULT, resolveRange } from '../time/time-range-model.ts'
import type { ExploreSession, SessionView } from './explore-session.ts'
import {
  type ExploreDefaults,
  type ExploreState,
  PLAIN_DEFAULTS,
  parseExplore,
  printExplore,
  searchKey,
  shareableState,
} from './explore-url-model.ts'
import { createFieldFacts, type FieldFacts } from './field-facts.ts'
import { createLiveSession } from './live-session.ts'
import { hasStages } from './query-check.ts'
import { DENSITIES, type Density } from './row-layout-model.ts'
import { type SearchScope, scopeOf } from './search-model.ts'

export interface Explorer {
  readonly project: Accessor<ProjectAccess>
  readonly state: Accessor<ExploreState>
  /** Fields and values of the range. */
  readonly facts: FieldFacts
  readonly view: Accessor<SessionView>
  /** What was asked for last; changes with a search, not with a row. */
  readonly scope: Accessor<SearchScope | null>
  readonly session: ExploreSession
  /** The row that keys act on. */
  readonly activeId: Accessor<string | null>
  /** The row whose details are open. */
  readonly openRow: Accessor<Row | null>
  readonly openProblem: Accessor<Error | null>
  readonly change: (patch: Partial<ExploreState>, options?: MoveOptions) => void
  readonly activate: (row: Row) => void
  readonly open: (row: Row) => void
  readonly closeRow: () => void
  readonly toggleLive: () => void
  readonly refresh: () => void
  readonly setZone: (zone: Zone) => void
  /** How rows are shown, also from now on. */
  readonly setDisplay: (display: Partial<Pick<ExploreState, 'density' | 'wrap'>>) => void
  readonly setChartWidth: (width: number) => void
  /** The link that shows others what is shown here, or one row in its place. */
  readonly shareUrl: (row?: Row) => string
}

/** Bars narrower than this are hard to aim at. */
const BAR_PIXELS = 9

export function createExplorer(project: Accessor<ProjectAccess>): Explorer {
  const address = createViewState(project)
  const { state, change } = address
  const [asked, setAsked] = createSignal(0)
  const { session, view } = createLiveSession()
  const scope = createMemo(() => view().scope)
  let chartWidth = 900
  const run = (live: boolean): void => {
    const nowMs = browserClock.nowMs()
    const { fromMs, toMs } = resolveRange(state().range, nowMs)
    const barMs = chooseBarMs(toMs - fromMs, Math.max(20, Math.floor(chartWidth / BAR_PIXELS)))
    session.run(scopeOf({ state: state(), projectId: project().id, nowMs, barMs }), live)
  }
  const wanted = createMemo(() => `${asked()} ${project().id} ${searchKey(state())}`)
  const live = createMemo(() => state().live && !hasStages(state().query))
  let searched = ''
  watch(
    () => [wanted(), live()] as const,
    ([key, isLive]) => {
      if (key === searched && !isLive) return session.stopLive()
      searched = key
      run(isLive)
    },
  )
  return {
    ...address,
    ...createRowChoice(address),
    ...createOpenRow({ project, state, view }),
    project,
    facts: createFieldFacts(scope),
    view,
    scope,
    session,
    toggleLive() {
      const { live: isLive, range } = state()
      if (isLive) change({ live: false })
      else if (hasStages(state().query)) toast('A table stands still: follow logs without a |')
      else change({ live: true, range: range.kind === 'relative' ? range : RANGE_DEFAULT })
    },
    refresh: () => setAsked(asked() + 1),
    setChartWidth(width) {
      chartWidth = width
    },
  }
}

type ViewState = Pick<Explorer, 'state' | 'change' | 'setZone' | 'setDisplay' | 'shareUrl'>

/** The state in the URL, and the ways to change it. */
function createViewState(project: Accessor<Project>): ViewState {
  const [zone, storeZone] = createStored<Zone>('zone', ['local', 'utc'], 'local')
  const [density, storeDensity] = createStored<Density>('density', DENSITIES, 'normal')
  const [wrap, storeWrap] = createStored('wrap', ['no', 'yes'], 'no')
  const defaults = (): ExploreDefaults => ({
    zone: zone(),
    density: density(),
    wrap: wrap() === 'yes',
  })
  const state = createMemo(() => parseExplore(address().search, defaults()))
  const change = (patch: Partial<ExploreState>, options: MoveOptions = {}): void => {
    const next = { ...state(), project: state().project ?? project().id, ...patch }
    const live = next.live && next.range.kind === 'relative' && !hasStages(next.query)
    moveTo(EXPLORE_PATH, printExplore({ ...next, live }, defaults()), options)
  }
  return {
    state,
    change,
    setZone(chosen) {
      storeZone(chosen)
      change({ zone: chosen }, { replace: true })
    },
    setDisplay(display) {
      if (display.density !== undefined) storeDensity(display.density)
      if (display.wrap !== undefined) storeWrap(display.wrap ? 'yes' : 'no')
      change(display, { replace: true })
    },
    shareUrl(row) {
      const named = { ...state(), project: project().id }
      const shared = shareableState(named, browserClock.nowMs(), row)
      // The receiver's own zone is no reason to see other times than the sender.
      return `${location.origin}${EXPLORE_PATH}${printExplore(shared, PLAIN_DEFAULTS)}`
    },
  }
}

type RowChoice = Pick<Explorer, 'activeId' | 'activate' | 'open' | 'closeRow'>

/** The row that keys act on; while details are open it is the row of the URL. */
function createRowChoice({ state, change }: Pick<Explorer, 'state' | 'change'>): RowChoice {
  const [activeId, setActiveId] = createSignal<string | null>(null)
  return {
    activeId: () => state().row ?? activeId(),
    activate(row) {
      setActiveId(row.id)
      if (state().row !== null) change({ row: row.id }, { replace: true })
    },
    open(row) {
      setActiveId(row.id)
      change({ row: row.id }, { replace: state().row !== null, opened: true })
    },
    closeRow() {
      if (state().row === null) return
      setActiveId(state().row)
      if (openedHere()) history.back()
      else change({ row: null }, { replace: true })
    },
  }
}

/** The open row out of the list, or by its id where a link names a row that is not in the list. */
function createOpenRow(options: {
  readonly project: Accessor<ProjectAccess>
  readonly state: Accessor<ExploreState>
  readonly view: Accessor<SessionView>
}): { openRow: Accessor<Row | null>; openProblem: Accessor<Error | null> } {
  const { project, state, view } = options
  const [fetched, setFetched] = createSignal<Row | null>(null)
  const [openProblem, setProblem] = createSignal<Error | null>(null)
  const id = createMemo(() => state().row)
  const openRow = createMemo<Row | null>(before => {
    const wanted = id()
    if (wanted === null) return null
    // It stays open when the list has forgotten it.
    if (before?.id === wanted) return before
    const row = fetched()
    if (row?.id === wanted) return row
    const { rows } = view()
    return rows.at(rows.indexOf(wanted)) ?? null
  }, null)
  const missing = createMemo(() => id() !== null && openRow() === null && !view().loading)
  watch(
    () => [missing(), id()] as const,
    ([isMissing, wanted]) => {
      setProblem(null)
      if (!isMissing || wanted === null) return
      const abort = new AbortController()
      onCleanup(() => abort.abort())
      readRow(project().id, wanted, abort.signal).then(setFetched, (error: Error) => {
        if (!abort.signal.aborted) setProblem(error)
      })
    },
  )
  return { openRow, openProblem }
}
