import {
  type Accessor,
  createMemo,
  createSignal,
  For,
  type JSX,
  Match,
  Show,
  Switch,
} from 'solid-js'
import { LEVELS, type Row } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { copyText } from '../kit/clipboard.ts'
import { createNow, createStored, watch } from '../kit/reactive.ts'
import { ChartPane } from './chart-pane.tsx'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { useExploreKeys } from './explore-keys.ts'
import { ExploreToolbar } from './explore-toolbar.tsx'
import { createExplorer, type Explorer } from './explorer.ts'
import { Facets } from './facets.tsx'
import { phrasesOf } from './highlight-model.ts'
import { HoleNotice, NewRows } from './live-status.tsx'
import { fieldTerm, withTerm } from './query-text-model.ts'
import { RowDetail } from './row-detail.tsx'
import { ROW_HEIGHT, RowList, type RowListControl } from './row-list.tsx'
import { rowTimeMs } from './row-order.ts'
import { RowsFooter } from './rows-footer.tsx'
import { TableView } from './table-view.tsx'
import type { Hole } from './tail-model.ts'

/** The same width as in explore.css. */
const NARROW = '(max-width: 1020px)'

/** The page on which logs are searched and watched. */
export function Explore(props: { readonly project: ProjectAccess }): JSX.Element {
  const explorer = createExplorer(() => props.project)
  const sidebar = createSidebar()
  const nowMs = createNow(1000)
  const { state, view, session } = explorer
  const [list, setList] = createSignal<RowListControl | null>(null)
  const actions = createRowActions(explorer, list)
  useExploreKeys(explorer, { ...actions, toggleSidebar: sidebar.toggle })
  revealLinked(explorer, list)

  return (
    <main class="explore" classList={{ 'explore-detail': state().row !== null }}>
      <ExploreToolbar explorer={explorer} nowMs={nowMs()} onSidebar={sidebar.toggle} />
      <div class="explore-body" classList={sidebar.classes()}>
        <nav class="sidebar" aria-label="Filters">
          <Facets
            counts={view().counts}
            levels={state().levels}
            services={state().services}
            onLevels={levels => explorer.change({ levels })}
            onServices={services => explorer.change({ services })}
          />
        </nav>
        <button
          type="button"
          class="scrim"
          aria-label="Close the filters"
          onClick={sidebar.closeDrawer}
        />
        <div class="results">
          <ChartPane explorer={explorer} nowMs={nowMs()} />
          <For each={view().holes.filter(isWorthTelling)}>
            {hole => <HoleNotice hole={hole} onFill={() => session.fillHole(hole)} />}
          </For>
          <RowsPane
            explorer={explorer}
            project={props.project}
            nowMs={nowMs()}
            control={setList}
            onShowNew={actions.showNew}
          />
        </div>
        <DetailPane explorer={explorer} nowMs={nowMs()} {...actions} />
      </div>
    </main>
  )
}

/** Where the page is narrow the filters lie over the rows and are no lasting choice. */
function createSidebar() {
  const [sidebar, setSidebar] = createStored('sidebar', ['open', 'closed'], 'open')
  const [drawer, setDrawer] = createSignal(false)
  return {
    classes: () => ({ 'sidebar-closed': sidebar() === 'closed', 'drawer-open': drawer() }),
    closeDrawer: (): void => void setDrawer(false),
    toggle: (): void => {
      if (window.matchMedia(NARROW).matches) setDrawer(!drawer())
      else setSidebar(sidebar() === 'open' ? 'closed' : 'open')
    },
  }
}

interface RowActions {
  /** To the row so many rows further down, or up. */
  readonly step: (by: number) => void
  readonly filter: (field: string, value: string) => void
  readonly showNew: () => void
}

function createRowActions(explorer: Explorer, list: Accessor<RowListControl | null>): RowActions {
  const { state, view, session } = explorer
  return {
    step(by) {
      const { rows } = view()
      const at = rows.findIndex(row => row.id === explorer.activeId())
      const index = Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))
      const row = rows[index]
      if (row === undefined) return
      list()?.reveal(index)
      explorer.activate(row)
    },
    filter(field, value) {
      const level = LEVELS.find(name => name === value)
      if (field === 'level' && level !== undefined) explorer.change({ levels: [level] })
      else if (field === 'service') explorer.change({ services: [value] })
      else explorer.change({ query: withTerm(state().query, fieldTerm(field, value)) })
    },
    showNew() {
      session.pause(false)
      session.lookAway(false)
      list()?.toTop()
    },
  }
}

/** The row that a link names is brought into view when the list has come. */
function revealLinked(explorer: Explorer, list: Accessor<RowListControl | null>): void {
  const linked = explorer.state().row
  if (linked === null) return
  let revealed = false
  watch(
    () => [list(), explorer.view().loading] as const,
    ([control, loading]) => {
      if (control === null || loading || revealed) return
      const index = explorer.view().rows.findIndex(row => row.id === linked)
      if (index >= 0) control.reveal(index)
      revealed = true
    },
  )
}

/** Gaps are filled by themselves; only what goes wrong or takes its time is told. */
function isWorthTelling({ kind, state }: Hole): boolean {
  return kind === 'dropped' || state !== 'open'
}

function RowsPane(props: {
  readonly explorer: Explorer
  readonly project: ProjectAccess
  readonly nowMs: number
  readonly control: (control: RowListControl) => void
  readonly onShowNew: () => void
}): JSX.Element {
  const { state, view, session } = props.explorer
  const rows = createMemo(() => view().rows)
  const phrases = createMemo(() => phrasesOf(state().query))
  const dated = createMemo(() => spansDays(rows(), state().zone === 'utc'))
  return (
    <section class="rows-pane" aria-label="Logs">
      <div class="rows-progress" classList={{ 'rows-loading': view().loading }} />
      <Show when={view().table === null}>
        <div class="rows-head" classList={{ 'rows-dated': dated() }} aria-hidden="true">
          <For each={['Time', 'Level', 'Service', 'Host', 'Message']}>
            {name => <span class={`cell cell-${name.toLowerCase()}`}>{name}</span>}
          </For>
        </div>
      </Show>
      <Switch>
        <Match when={view().error}>
          {error => <ErrorState error={error()} onRetry={() => props.explorer.refresh()} />}
        </Match>
        <Match when={view().table}>
          {table => (
            <TableView
              table={table()}
              zone={state().zone}
              busy={view().loading}
              hasMore={view().more === 'idle' || view().more === 'failed'}
              onMore={() => session.loadMore()}
            />
          )}
        </Match>
        <Match when={rows().length > 0}>
          <RowList
            rows={rows()}
            activeId={props.explorer.activeId()}
            openId={state().row}
            zone={state().zone}
            dated={dated()}
            phrases={phrases()}
            busy={view().loading}
            live={view().live !== 'off'}
            control={props.control}
            footer={<RowsFooter view={view()} onMore={() => session.loadMore()} />}
            onOpen={row => props.explorer.open(row)}
            onAway={away => session.lookAway(away)}
            onNearEnd={() => session.loadMore()}
          />
          <NewRows
            count={view().waitingCount}
            paused={view().paused}
            onShow={() => props.onShowNew()}
          />
        </Match>
        <Match when={view().loading}>
          <SkeletonRows />
        </Match>
        <Match when={view().scope !== null}>
          <EmptyState
            project={props.project}
            state={state()}
            nowMs={props.nowMs}
            onChange={patch => props.explorer.change(patch)}
          />
        </Match>
      </Switch>
    </section>
  )
}

function DetailPane(props: {
  readonly explorer: Explorer
  readonly nowMs: number
  readonly filter: RowActions['filter']
  readonly step: RowActions['step']
}): JSX.Element {
  const { state, openRow, openProblem } = props.explorer
  return (
    <Show when={state().row !== null}>
      <Show
        when={openRow()}
        fallback={
          <aside class="detail" aria-label="Log details" aria-busy={openProblem() === null}>
            <Show when={openProblem()} fallback={<p class="detail-missing faint">Loading…</p>}>
              {problem => (
                <div class="detail-missing">
                  <p>This log cannot be shown: {problem().message}</p>
                  <button type="button" class="button" onClick={() => props.explorer.closeRow()}>
                    Close
                  </button>
                </div>
              )}
            </Show>
          </aside>
        }
      >
        {row => (
          <RowDetail
            row={row()}
            zone={state().zone}
            nowMs={props.nowMs}
            onShare={() => void copyText(props.explorer.shareUrl(row()), 'Link')}
            onFilter={props.filter}
            onStep={props.step}
            onClose={() => props.explorer.closeRow()}
          />
        )}
      </Show>
    </Show>
  )
}

/** Grey lines in the place of the first rows, so that nothing jumps when they come. */
function SkeletonRows(): JSX.Element {
  const count = Math.ceil(window.innerHeight / ROW_HEIGHT)
  return (
    <div class="skeleton" role="status" aria-label="Loading logs">
      <For each={Array.from({ length: count }, (_, index) => index % 5)}>
        {kind => (
          <div class="skeleton-row">
            <span />
            <span />
            <span />
            <span class={`skeleton-${kind}`} />
          </div>
        )}
      </For>
    </div>
  )
}

function spansDays(rows: readonly Row[], utc: boolean): boolean {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return false
  const day = (row: Row): string =>
    utc ? row.time.slice(0, 10) : new Date(rowTimeMs(row)).toDateString()
  return day(first) !== day(last)
}
