/** Ties the explorer's parts together: the URL says what is wanted, the session fetches it. */
import { type Accessor, createMemo, createSignal, onCleanup } from 'solid-js'
import type { Project, Row } from '#proto/api.ts'
import { openSocket, readRow, searchLogs } from '../api/logs.ts'
import { browserClock, jitter } from '../clock.ts'
import { createStored, listen, watch } from '../kit/reactive.ts'
import type { Zone } from '../kit/wall-time.ts'
import { address, type MoveOptions, moveTo, openedHere } from '../shell/address.ts'
import { checkSession } from '../shell/session.ts'
import { ExploreSession, type SessionView } from './explore-session.ts'
import {
  type ExploreState,
  parseExplore,
  printExplore,
  searchKey,
  shareableState,
} from './explore-url-model.ts'
import { chooseBarMs } from './histogram-model.ts'
import { scopeOf, tailPath } from './search-model.ts'
import { resolveRange } from './time-range-model.ts'

export interface Explorer {
  readonly state: Accessor<ExploreState>
  readonly view: Accessor<SessionView>
  readonly session: ExploreSession
  /** The row that keys act on. */
  readonly activeId: Accessor<string | null>
  /** The row whose details are open. */
  readonly openRow: Accessor<Row | null>
  readonly openProblem: Accessor<Error | null>
  change(patch: Partial<ExploreState>, options?: MoveOptions): void
  activate(row: Row): void
  open(row: Row): void
  closeRow(): void
  toggleLive(): void
  refresh(): void
  setZone(zone: Zone): void
  setChartWidth(width: number): void
  /** The link that shows others what is shown here. */
  shareUrl(row?: Row): string
}

export const EXPLORE_PATH = '/explore'
/** Bars narrower than this are hard to aim at. */
const BAR_PIXELS = 9

export function createExplorer(project: Accessor<Project>): Explorer {
  const [storedZone, setStoredZone] = createStored<Zone>('zone', ['local', 'utc'], 'local')
  const state = createMemo(() => parseExplore(address().search, { zone: storedZone() }))
  const [asked, setAsked] = createSignal(0)
  const [activeId, setActiveId] = createSignal<string | null>(null)
  let chartWidth = 900
  const { session, view } = createSession()

  const change = (patch: Partial<ExploreState>, options: MoveOptions = {}): void => {
    const next = { ...state(), project: state().project ?? project().id, ...patch }
    const live = next.live && next.range.kind === 'relative'
    moveTo(EXPLORE_PATH, printExplore({ ...next, live }, { zone: storedZone() }), options)
  }
  const run = (live: boolean): void => {
    const nowMs = browserClock.nowMs()
    const { fromMs, toMs } = resolveRange(state().range, nowMs)
    const barMs = chooseBarMs(toMs - fromMs, Math.max(20, Math.floor(chartWidth / BAR_PIXELS)))
    session.run(scopeOf({ state: state(), projectId: project().id, nowMs, barMs }), live)
  }
  const wanted = createMemo(() => `${asked()} ${project().id} ${searchKey(state())}`)
  const live = createMemo(() => state().live)
  let searched = ''
  watch(
    () => [wanted(), live()] as const,
    ([key, isLive]) => {
      if (key === searched && !isLive) return session.stopLive()
      searched = key
      run(isLive)
    },
  )
  const { openRow, openProblem } = createOpenRow({ project, state, view })

  return {
    state,
    view,
    session,
    activeId: () => state().row ?? activeId(),
    openRow,
    openProblem,
    change,
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
    toggleLive() {
      const { live: isLive, range } = state()
      if (isLive) change({ live: false })
      else if (range.kind === 'relative') change({ live: true })
      else change({ live: true, range: { kind: 'relative', seconds: 900 } })
    },
    refresh: () => setAsked(asked() + 1),
    setZone(zone) {
      setStoredZone(zone)
      change({ zone }, { replace: true })
    },
    setChartWidth(width) {
      chartWidth = width
    },
    shareUrl(row) {
      const shared = shareableState(
        { ...state(), project: project().id, row: row?.id ?? state().row },
        browserClock.nowMs(),
      )
      // The receiver's own zone is no reason to see other times than the sender.
      return `${location.origin}${EXPLORE_PATH}${printExplore(shared, { zone: 'local' })}`
    },
  }
}

function createSession(): { session: ExploreSession; view: Accessor<SessionView> } {
  let drawn = true
  const session = new ExploreSession({
    search: searchLogs,
    openTail: (scope, token, events) => openSocket(tailPath(scope, token), events),
    clock: browserClock,
    jitter,
    onLost: () => void checkSession(),
    // However many frames arrive, the page is drawn once per picture.
    onChange: () => {
      if (!drawn) return
      drawn = false
      requestAnimationFrame(() => {
        drawn = true
        setView(session.view())
      })
    },
  })
  const [view, setView] = createSignal(session.view())
  listen(window, 'online', () => session.nudge())
  listen(window, 'focus', () => session.nudge())
  onCleanup(() => session.dispose())
  return { session, view }
}

/** The open row out of the list, or by its id where a link names a row that is not in the list. */
function createOpenRow(options: {
  readonly project: Accessor<Project>
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
    return view().rows.find(other => other.id === wanted) ?? null
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
