import { createMemo, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { BarList } from '../charts/bar-list.tsx'
import { Histogram } from '../charts/histogram.tsx'
import { wholeBars } from '../charts/histogram-model.ts'
import { facetValues } from '../explore/counts-model.ts'
import { Icon } from '../kit/icon.tsx'
import { countText, rateText } from '../kit/number-text.ts'
import { createNow } from '../kit/reactive.ts'
import { useKeys } from '../shell/keys.ts'
import { TimeRangePicker } from '../time/time-range.tsx'
import { type Interval, resolveRange } from '../time/time-range-model.ts'
import { createDashboard } from './dashboard-session.ts'
import { Panel } from './panel.tsx'
import '../styles/dashboard.css'

const SERVICES_SHOWN = 10

/** How a project is doing, in pictures that move with its logs. */
export function Dashboard(props: { readonly project: Project }): JSX.Element {
  const dashboard = createDashboard(() => props.project)
  const { state, view } = dashboard
  const nowMs = createNow(1000)
  const counts = createMemo(() => view().counts)
  const interval = createMemo((): Interval => {
    const span = resolveRange(state().range, nowMs())
    return wholeBars(span, counts()?.barMs ?? 60_000, counts()?.bars[0]?.timeMs ?? 0)
  })
  useKeys({
    t: () => document.querySelector<HTMLButtonElement>('.range-button')?.click(),
    r: () => dashboard.refresh(),
  })
  return (
    <main class="dashboard">
      <header class="dashboard-head">
        <h1>Dashboard</h1>
        <Show when={view().live === 'open'}>
          <span class="live-rate">
            <b>{rateText(view().rowsPerSecond)}</b> rows/s
          </span>
        </Show>
        <div class="dashboard-tools">
          <TimeRangePicker
            range={state().range}
            zone={state().zone}
            onRange={range => dashboard.change({ range })}
            onZone={zone => dashboard.setZone(zone)}
          />
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
      </header>
      <div class="panels">
        <Panel
          class="panel-wide"
          title="Volume by level"
          note={<Show when={counts()}>{known => <b>{countText(known().total)} logs</b>}</Show>}
          search={dashboard.searchOf({})}
          busy={view().loading}
          problem={view().error}
        >
          <Histogram
            bars={counts()?.bars ?? []}
            barMs={counts()?.barMs ?? 60_000}
            interval={interval()}
            zone={state().zone}
            onWidth={() => {}}
            onZoom={chosen => dashboard.look({ interval: chosen })}
          />
        </Panel>
        <Panel title="Services" busy={view().loading}>
          <BarList
            label="Logs by service"
            empty="No logs in this range"
            items={facetValues(counts()?.byService ?? {}, [])
              .slice(0, SERVICES_SHOWN)
              .map(({ value, count }) => ({ name: value, count }))}
            onChoose={service => dashboard.look({ services: [service] })}
          />
        </Panel>
      </div>
    </main>
  )
}
