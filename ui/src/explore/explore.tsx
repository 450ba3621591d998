import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { Level, Project, Row } from '#proto/api.ts'
import { createNow, createStored } from '../kit/reactive.ts'
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

/** The same width as in explore.css. */
const NARROW = '(max-width: 1020px)'

/** The page on which logs are searched and watched. */
export function Explore(props: { readonly project: Project }): JSX.Element {
  const explorer = createExplorer(() => props.project)
  const [sidebar, setSidebar] = createStored('sidebar', ['open', 'closed'], 'open')
  const [drawer, setDrawer] = createSignal(false)
  const nowMs = createNow(1000)
  const { state, view, session } = explorer
  let list: RowListControl | undefined

  const step = (by: number): void => {
    const { rows } = view()
    const at = rows.findIndex(row => row.id === explorer.activeId())
    const index = Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))
    const row = rows[index]
    if (row === undefined) return
    list?.reveal(index)
    explorer.activate(row)
  }
  const filter = (field: string, value: string): void => {
    if (field === 'level') explorer.change({ levels: [value as Level] })
    else if (field === 'service') explorer.change({ services: [value] })
    else explorer.change({ query: withTerm(state().query, fieldTerm(field, value)) })
  }
  const showNew = (): void => {
    session.pause(false)
    session.lookAway(false)
    list?.toTop()
  }
  // Where the page is narrow the filters lie over the rows and are no lasting choice.
  const toggleSidebar = (): void => {
    if (window.matchMedia(NARROW).matches) setDrawer(!drawer())
    else setSidebar(sidebar() === 'open' ? 'closed' : 'open')
  }
  useExploreKeys(explorer, { step, showNew, toggleSidebar })

  return (
    <main class="explore" classList={{ 'explore-detail': state().row !== null }}>
      <ExploreToolbar explorer={explorer} nowMs={nowMs()} onSidebar={toggleSidebar} />
      <div
        class="explore-body"
        classList={{ 'sidebar-closed': sidebar() === 'closed', 'drawer-open': drawer() }}
      >
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
          onClick={() => setDrawer(false)}
        />
        <div class="results">
          <ChartPane explorer={explorer} nowMs={nowMs()} />
          <For
            each={view().holes.filter(({ kind, state }) => kind === 'dropped' || state !== 'open')}
          >
            {hole => <HoleNotice hole={hole} onFill={() => session.fillHole(hole)} />}
          </For>
          <RowsPane
            explorer={explorer}
            project={props.project}
            nowMs={nowMs()}
            control={control => {
              list = control
            }}
            onShowNew={showNew}
          />
        </div>
        <DetailPane explorer={explorer} nowMs={nowMs()} onFilter={filter} onStep={step} />
      </div>
    </main>
  )
}

function RowsPane(props: {
  readonly explorer: Explorer
  readonly project: Project
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
      <div class="rows-head" classList={{ 'rows-dated': dated() }} aria-hidden="true">
        <For each={['Time', 'Level', 'Service', 'Host', 'Message']}>
          {name => <span class={`cell cell-${name.toLowerCase()}`}>{name}</span>}
        </For>
      </div>
      <Switch>
        <Match when={view().error}>
          {error => <ErrorState error={error()} onRetry={() => props.explorer.refresh()} />}
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
  readonly onFilter: (field: string, value: string) => void
  readonly onStep: (by: number) => void
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
            link={props.explorer.shareUrl(row())}
            onFilter={props.onFilter}
            onStep={props.onStep}
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
