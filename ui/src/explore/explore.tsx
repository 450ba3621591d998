import { type Accessor, createSignal, For, type JSX, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { copyText } from '../kit/clipboard.ts'
import { createNow, createStored, watch } from '../kit/reactive.ts'
import { ChartPane } from './chart-pane.tsx'
import { DetailPane } from './detail-pane.tsx'
import { useExploreKeys } from './explore-keys.ts'
import { ExploreToolbar } from './explore-toolbar.tsx'
import { createExplorer, type Explorer } from './explorer.ts'
import { Facets } from './facets.tsx'
import { HoleNotice } from './live-status.tsx'
import { PatternsView } from './patterns-view.tsx'
import { fieldTerm, withTerm } from './query-text-model.ts'
import type { RowListControl } from './row-list.tsx'
import { RowsPane } from './rows-pane.tsx'
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
  useExploreKeys(explorer, {
    ...actions,
    toggleSidebar: sidebar.toggle,
    share: () => void copyText(explorer.shareUrl(explorer.openRow() ?? undefined), 'Link'),
  })
  revealLinked(explorer, list)

  return (
    <main class="explore" classList={{ 'explore-detail': state().row !== null }}>
      <h1 class="off-screen">Logs of {props.project.name}</h1>
      <ExploreToolbar explorer={explorer} nowMs={nowMs()} onSidebar={sidebar.toggle} />
      <div class="explore-body" classList={sidebar.classes()}>
        <nav class="sidebar" aria-label="Filters">
          <Facets explorer={explorer} />
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
          <Show
            when={state().view === 'logs' || view().table !== null || view().error !== null}
            fallback={<PatternsView explorer={explorer} nowMs={nowMs()} />}
          >
            <RowsPane
              explorer={explorer}
              project={props.project}
              nowMs={nowMs()}
              control={setList}
              onShowNew={actions.showNew}
            />
          </Show>
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
      const at = rows.indexOf(explorer.activeId())
      const index = Math.min(rows.count - 1, Math.max(0, at < 0 ? 0 : at + by))
      const row = rows.at(index)
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
      const index = explorer.view().rows.indexOf(linked)
      if (index >= 0) control.reveal(index)
      revealed = true
    },
  )
}

/** Gaps are filled by themselves; only what goes wrong or takes its time is told. */
function isWorthTelling({ kind, state }: Hole): boolean {
  return kind === 'dropped' || state !== 'open'
}
