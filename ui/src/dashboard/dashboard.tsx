import { type JSX, Show } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { LiveRate } from '../explore/live-status.tsx'
import { QueryBar } from '../explore/query-bar.tsx'
import { conditionsOf } from '../explore/query-check.ts'
import { Icon } from '../kit/icon.tsx'
import { createNow } from '../kit/reactive.ts'
import { useKeys } from '../shell/keys.ts'
import { TimeRangePicker } from '../time/time-range.tsx'
import { zoomOut } from '../time/time-range-model.ts'
import { AlertsPanel, createAlerts } from './alerts-panel.tsx'
import { createDashboard } from './dashboard-session.ts'
import { ErrorPanel, PatternsPanel, ServicesPanel, VolumePanel } from './log-panels.tsx'
import { MetricPanels } from './metric-panels.tsx'
import { SlowPanel } from './slow-panel.tsx'
import { StatTiles } from './stat-tiles.tsx'
import { StreamView } from './stream-view.tsx'
import '../styles/dashboard.css'

/** How a project is doing, in pictures that move with its logs. */
export function Dashboard(props: { readonly project: ProjectAccess }): JSX.Element {
  const dashboard = createDashboard(() => props.project)
  const { state, view, change } = dashboard
  const nowMs = createNow(1000)
  const alerts = createAlerts(dashboard)
  const stream = (): void => change({ stream: true })
  useKeys({
    '/': () => document.querySelector<HTMLInputElement>('#query')?.select(),
    t: () => document.querySelector<HTMLButtonElement>('.range-button')?.click(),
    z: () => change({ range: zoomOut(state().range, nowMs()) }),
    r: () => dashboard.refresh(),
    s: stream,
  })
  return (
    <main class="dashboard">
      <h1 class="off-screen">Dashboard of {props.project.name}</h1>
      <div class="toolbar dashboard-head">
        <div class="toolbar-line">
          <QueryBar
            query={state().query}
            projectId={props.project.id}
            facts={dashboard.facts}
            busy={view().loading}
            onSearch={query => change({ query: conditionsOf(query) })}
          />
          <TimeRangePicker
            range={state().range}
            zone={state().zone}
            onRange={range => change({ range })}
            onZone={zone => dashboard.setZone(zone)}
          />
          <Show when={view().live !== 'off'}>
            <LiveRate view={view()} />
          </Show>
          <button
            type="button"
            class="button"
            title="The stream on the whole screen (s)"
            onClick={stream}
          >
            <Icon name="expand" />
            Stream
          </button>
          <button
            type="button"
            class="button button-icon"
            aria-label="Read again"
            title="Read again (r)"
            onClick={() => dashboard.refresh()}
          >
            <Icon name="refresh" />
          </button>
        </div>
      </div>
      <StatTiles dashboard={dashboard} alerts={alerts.value()} />
      <div class="panels">
        <AlertsPanel dashboard={dashboard} nowMs={nowMs()} alerts={alerts} />
        <VolumePanel dashboard={dashboard} nowMs={nowMs()} />
        <ErrorPanel dashboard={dashboard} nowMs={nowMs()} />
        <ServicesPanel dashboard={dashboard} nowMs={nowMs()} />
        <SlowPanel dashboard={dashboard} />
        <PatternsPanel dashboard={dashboard} nowMs={nowMs()} />
        <MetricPanels dashboard={dashboard} />
      </div>
      <Show when={state().stream}>
        <StreamView dashboard={dashboard} />
      </Show>
    </main>
  )
}
