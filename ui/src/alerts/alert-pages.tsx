import { createMemo, For, type JSX, Match, Switch } from 'solid-js'
import { watch } from '../kit/reactive.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { address, moveTo } from '../shell/address.ts'
import { Link } from '../shell/link.tsx'
import { ALERTS_PATH } from '../shell/pages.ts'
import '../styles/alerts.css'
import { activeAlertsLoad } from './active-alerts.ts'
import { ActivePage } from './active-page.tsx'
import {
  ACTIVE_PATH,
  CHANNELS_PATH,
  HISTORY_PATH,
  RULES_PATH,
  SILENCES_PATH,
} from './alert-paths.ts'
import { ChannelsPage } from './channels-page.tsx'
import { HistoryPage } from './history-page.tsx'
import { RuleEditorPage } from './rule-editor.tsx'
import { RulesPage } from './rules-page.tsx'
import { SilencesPage } from './silences-page.tsx'

interface Tab {
  readonly path: string
  readonly title: string
  readonly page: (props: ProjectPageProps) => JSX.Element
}

const TABS: readonly Tab[] = [
  { path: ACTIVE_PATH, title: 'Active', page: ActivePage },
  { path: RULES_PATH, title: 'Rules', page: RulesPage },
  { path: HISTORY_PATH, title: 'History', page: HistoryPage },
  { path: CHANNELS_PATH, title: 'Channels', page: ChannelsPage },
  { path: SILENCES_PATH, title: 'Silences', page: SilencesPage },
]

/** What a project is watched for, what of it is true now, what was, and who is told. */
export function AlertPages(props: ProjectPageProps): JSX.Element {
  const search = (): string => `?project=${encodeURIComponent(props.project.id)}`
  watch(
    () => address().path === ALERTS_PATH,
    isBare => {
      if (isBare) moveTo(ACTIVE_PATH, search(), { replace: true })
    },
  )
  // Anew for each project: what was typed for one is not for another.
  const shown = createMemo(
    () => {
      const { path } = address()
      const page = path.startsWith(`${RULES_PATH}/`)
        ? RuleEditorPage
        : TABS.find(tab => tab.path === path)?.page
      return { page, id: props.project.id, path }
    },
    undefined,
    { equals: (a, b) => a.path === b.path && a.id === b.id },
  )
  const active = activeAlertsLoad(() => props.project.id)
  const isIn = (tab: Tab): boolean =>
    address().path === tab.path || address().path.startsWith(`${tab.path}/`)
  return (
    <main class="alerts-page">
      <header class="alerts-head">
        <h1>Alerts</h1>
        <nav class="alert-tabs" aria-label="Alerts">
          <For each={TABS}>
            {tab => (
              <Link
                class="alert-tab"
                href={`${tab.path}${search()}`}
                aria-current={isIn(tab) ? 'page' : undefined}
              >
                {tab.title}
                {tab.path === ACTIVE_PATH && <ActiveCount count={active.value()?.length ?? 0} />}
              </Link>
            )}
          </For>
        </nav>
      </header>
      <div class="alerts-body">
        <Switch>
          <Match when={shown().page ? shown() : null} keyed>
            {({ page }) =>
              page?.({
                get project() {
                  return props.project
                },
              })
            }
          </Match>
        </Switch>
      </div>
    </main>
  )
}

function ActiveCount(props: { readonly count: number }): JSX.Element {
  return (
    <span class="alert-count" hidden={props.count === 0}>
      {props.count}
    </span>
  )
}
