import { createMemo, For, type JSX, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { searchLogs } from '../api/logs.ts'
import { Histogram } from '../charts/histogram.tsx'
import { type Bar, readBars, wholeBars } from '../charts/histogram-model.ts'
import { createAsked } from '../kit/asked.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { changeText, countText, shortCount } from '../kit/number-text.ts'
import { type Interval, resolveRange, zoomOut } from '../time/time-range-model.ts'
import { DisplayMenu } from './display-menu.tsx'
import type { View } from './explore-url-model.ts'
import type { Explorer } from './explorer.ts'
import { LiveStatus } from './live-status.tsx'
import { beforeRequest, type SearchScope } from './search-model.ts'

const VIEW_NAMES: Readonly<Record<View, string>> = { logs: 'Logs', patterns: 'Patterns' }

/** The summary above the rows: how many, how fast, and when. */
export function ChartPane(props: {
  readonly explorer: Explorer
  readonly nowMs: number
}): JSX.Element {
  const { state, view, session, change } = props.explorer
  const isLive = createMemo(() => view().live !== 'off')
  const counts = createMemo(() => view().counts)
  const barMs = createMemo(() => counts()?.barMs ?? view().scope?.barMs ?? 60_000)
  const before = createBefore(props.explorer)
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
        <div class="segments view-switch" role="group" aria-label="View">
          <For each={Object.keys(VIEW_NAMES) as View[]}>
            {name => (
              <button
                type="button"
                class="segment"
                aria-pressed={state().view === name}
                onClick={() => change({ view: name })}
              >
                {VIEW_NAMES[name]}
              </button>
            )}
          </For>
        </div>
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
          <Show when={before()?.total !== undefined ? counts() : null}>
            {known => (
              <span class="chart-change" title={`${countText(before()?.total ?? 0)} before`}>
                {changeText(known().total, before()?.total ?? 0)}
              </span>
            )}
          </Show>
          <Show when={view().queryTimeMs !== null && counts() !== null && !view().loading}>
            <span class="faint chart-took" title="Time the server took for the newest rows">
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
        <ChartTools {...props} />
      </header>
      <Show when={state().chart}>
        <Histogram
          bars={counts()?.bars ?? []}
          barMs={barMs()}
          interval={interval()}
          zone={state().zone}
          before={before()?.bars ?? null}
          onWidth={width => props.explorer.setChartWidth(width)}
          onZoom={({ fromMs, toMs }) =>
            change({ live: false, range: { kind: 'absolute', fromMs, toMs } })
          }
        />
      </Show>
    </section>
  )
}

function ChartTools(props: { readonly explorer: Explorer; readonly nowMs: number }): JSX.Element {
  const { state, change } = props.explorer
  return (
    <div class="chart-tools">
      <IconButton
        icon="zoom-out"
        label="Zoom out in time"
        title="Zoom out (z)"
        onPress={() => change({ range: zoomOut(state().range, props.nowMs) })}
      />
      <IconButton
        icon="history"
        label="Compare with the time before"
        title="Compare with the time before (x)"
        pressed={state().compare}
        onPress={() => change({ compare: !state().compare }, { replace: true })}
      />
      <IconButton
        icon="bars"
        label="Show the chart"
        title={state().chart ? 'Hide the chart' : 'Show the chart'}
        pressed={state().chart}
        onPress={() => change({ chart: !state().chart }, { replace: true })}
      />
      <DisplayMenu explorer={props.explorer} />
    </div>
  )
}

interface Before {
  readonly total: number
  /** Moved to where those of the range stand. */
  readonly bars: readonly Bar[]
}

/** The same counts of the span right before, where somebody wants to compare. */
function createBefore({ state, scope }: Explorer): () => Before | null {
  const question = createMemo(() => {
    const asked = scope()
    return state().compare && asked !== null ? beforeRequest(asked) : null
  })
  const { answer } = createAsked(question, async ({ request, shiftMs }, signal) => {
    const { total, aggregations } = await searchLogs(request, signal)
    const bars = readBars(aggregations.histogram)
    return {
      total: total ?? 0,
      bars: bars.map(bar => ({ ...bar, timeMs: bar.timeMs + shiftMs })),
    }
  })
  return answer
}

function spanOf({ fromMs, toMs, searchedMs }: SearchScope): Interval {
  return { fromMs, toMs: toMs ?? searchedMs }
}
