import { createMemo, For, type JSX, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { Histogram } from '../charts/histogram.tsx'
import { wholeBars } from '../charts/histogram-model.ts'
import { Icon } from '../kit/icon.tsx'
import { countText, shortCount } from '../kit/number-text.ts'
import { type Interval, resolveRange, zoomOut } from '../time/time-range-model.ts'
import type { Explorer } from './explorer.ts'
import { LiveStatus } from './live-status.tsx'
import type { SearchScope } from './search-model.ts'

/** The summary above the rows: how many, how fast, and when. */
export function ChartPane(props: {
  readonly explorer: Explorer
  readonly nowMs: number
}): JSX.Element {
  const { state, view, session } = props.explorer
  const isLive = createMemo(() => view().live !== 'off')
  const counts = createMemo(() => view().counts)
  const barMs = createMemo(() => counts()?.barMs ?? view().scope?.barMs ?? 60_000)
  const interval = createMemo(
    (): Interval => {
      const scope = view().scope
      const moving = isLive() || scope === null
      const span = moving ? resolveRange(state().range, props.nowMs) : spanOf(scope)
      return wholeBars(span, barMs(), counts()?.bars[0]?.timeMs ?? 0)
    },
    { fromMs: 0, toMs: 1 },
    { equals: (a, b) => a.fromMs === b.fromMs && a.toMs === b.toMs },
  )
  return (
    <section class="chart-pane" classList={{ 'chart-stale': view().loading }} aria-label="Summary">
      <header class="chart-head">
        <p class="chart-total">
          <Show
            when={counts()}
            fallback={<span class="faint">{view().loading ? 'Searching…' : ''}</span>}
          >
            {known => (
              <>
                <b>{countText(known().total)}</b> {known().total === 1 ? 'log' : 'logs'}
              </>
            )}
          </Show>
          <Show when={view().queryTimeMs !== null && counts() !== null && !view().loading}>
            <span class="faint" title="Time the server took for the newest rows">
              {' '}
              in {Math.max(1, Math.round(view().queryTimeMs ?? 0))} ms
            </span>
          </Show>
        </p>
        <ul class="legend" aria-label="Logs by level">
          <For each={LEVELS.filter(level => (counts()?.byLevel[level] ?? 0) > 0).reverse()}>
            {level => (
              <li>
                <span class={`dot dot-${level.toLowerCase()}`} />
                {level} <span class="number">{shortCount(counts()?.byLevel[level] ?? 0)}</span>
              </li>
            )}
          </For>
        </ul>
        <Show when={isLive()}>
          <LiveStatus view={view()} onPause={paused => session.pause(paused)} />
        </Show>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Zoom out in time"
          title="Zoom out (z)"
          onClick={() => props.explorer.change({ range: zoomOut(state().range, props.nowMs) })}
        >
          <Icon name="zoom-out" />
        </button>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Show the chart"
          aria-pressed={state().chart}
          title={state().chart ? 'Hide the chart' : 'Show the chart'}
          onClick={() => props.explorer.change({ chart: !state().chart }, { replace: true })}
        >
          <Icon name="bars" />
        </button>
      </header>
      <Show when={state().chart}>
        <Histogram
          bars={counts()?.bars ?? []}
          barMs={barMs()}
          interval={interval()}
          zone={state().zone}
          onWidth={width => props.explorer.setChartWidth(width)}
          onZoom={({ fromMs, toMs }) =>
            props.explorer.change({ live: false, range: { kind: 'absolute', fromMs, toMs } })
          }
        />
      </Show>
    </section>
  )
}

function spanOf({ fromMs, toMs, searchedMs }: SearchScope): Interval {
  return { fromMs, toMs: toMs ?? searchedMs }
}
