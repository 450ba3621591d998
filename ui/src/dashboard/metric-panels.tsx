import { createMemo, createSignal, For, type JSX, onCleanup, Show } from 'solid-js'
import type { TailFrame } from '#proto/tail.ts'
import { openSocket } from '../api/logs.ts'
import { listMetrics, type MetricName, queryMetric } from '../api/metrics.ts'
import { TimechartView } from '../charts/timechart.tsx'
import { browserClock, every, jitter } from '../clock.ts'
import { TailConnection } from '../explore/tail-connection.ts'
import { createAsked } from '../kit/asked.ts'
import { watch } from '../kit/reactive.ts'
import type { Dashboard } from './dashboard-session.ts'
import { metricChoice, withMetricChoice } from './dashboard-url-model.ts'
import { FUNCTIONS, lastValue, metricChart, metricText, usualFunction } from './metric-model.ts'
import { Panel } from './panel.tsx'
import { FieldSelect } from './slow-panel.tsx'

const SHOWN = 12
/** However many points come, a chart is asked for no more often; of long spans less often. */
const REDRAW_MS = 1000
const STEPS_OF_SPAN = 900
const ALL = 'all together'

/** A chart for each metric that applications of the project send. */
export function MetricPanels(props: { readonly dashboard: Dashboard }): JSX.Element {
  const { project } = props.dashboard
  const [all, setAll] = createSignal(false)
  const { answer: names } = createAsked(() => project().id, listMetrics)
  const arrivals = createArrivals(props.dashboard, () => (names()?.length ?? 0) > 0)
  const shown = createMemo(() => (names() ?? []).slice(0, all() ? undefined : SHOWN))
  return (
    <>
      <For each={shown()}>
        {metric => (
          <MetricPanel
            dashboard={props.dashboard}
            metric={metric}
            arrived={arrivals()[metric.name] ?? 0}
          />
        )}
      </For>
      <Show when={(names()?.length ?? 0) > SHOWN}>
        <button type="button" class="link panel-wide" onClick={() => setAll(!all())}>
          {all() ? 'Show fewer metrics' : `Show all ${names()?.length} metrics`}
        </button>
      </Show>
    </>
  )
}

function MetricPanel(props: {
  readonly dashboard: Dashboard
  readonly metric: MetricName
  /** Counts up when points have come. */
  readonly arrived: number
}): JSX.Element {
  const { state, scope, change, look } = props.dashboard
  const { name, type, unit, labels, services } = props.metric
  const choice = createMemo(() => metricChoice(state(), name))
  const fn = (): string => choice().fn || usualFunction(type)
  const choose = (patch: { fn?: string; by?: string }): void =>
    change({ metrics: withMetricChoice(state(), { ...choice(), ...patch }) }, { replace: true })
  const { answer, problem, busy } = createAsked(
    () => {
      const { project, fromMs, toMs } = scope()
      return {
        question: {
          project,
          name,
          function: fn(),
          by: choice().by === '' ? [] : [choice().by],
          start_time: new Date(fromMs).toISOString(),
          ...(toMs === null ? {} : { end_time: new Date(toMs).toISOString() }),
        },
        arrived: props.arrived,
      }
    },
    ({ question }, signal) => queryMetric(question, signal),
  )
  const chart = createMemo(() => {
    const { fromMs, toMs, searchedMs } = scope()
    const found = answer() ?? { unit, step: 10, series: [] }
    return metricChart(found, { fromMs, toMs: toMs ?? searchedMs })
  })
  const last = createMemo(() => lastValue(chart()))
  return (
    <Panel
      class="panel-metric"
      title={name}
      busy={busy()}
      problem={problem()}
      note={
        <>
          <Show when={last() !== null}>
            <b>{metricText(last() ?? 0, fn(), unit)}</b>
          </Show>
          <FieldSelect
            label={`Function of ${name}`}
            names={FUNCTIONS[type]}
            value={fn()}
            onChoose={chosen => choose({ fn: chosen === usualFunction(type) ? '' : chosen })}
          />
          <FieldSelect
            label={`${name} told apart by`}
            names={[ALL, 'service', 'host', ...labels]}
            value={choice().by || ALL}
            onChoose={by => choose({ by: by === ALL ? '' : by })}
          />
        </>
      }
    >
      <TimechartView
        chart={chart()}
        zone={state().zone}
        height={92}
        label={`${fn()} of ${name}`}
        numberText={value => metricText(value, fn(), unit)}
        onSelect={interval => look({ services, interval })}
      />
    </Panel>
  )
}

/** How often points of each metric have come, told once a second at most. */
function createArrivals(
  { project, state }: Dashboard,
  wanted: () => boolean,
): () => Readonly<Record<string, number>> {
  const [arrivals, setArrivals] = createSignal<Readonly<Record<string, number>>>({})
  let came = new Set<string>()
  let toldMs = 0
  const receive = (frame: TailFrame): void => {
    if (frame.type === 'rows') for (const row of frame.rows) came.add(row.message)
  }
  onCleanup(
    every(browserClock, REDRAW_MS, () => {
      const { range } = state()
      const pauseMs = range.kind === 'relative' ? (range.seconds * 1000) / STEPS_OF_SPAN : 0
      const nowMs = browserClock.nowMs()
      if (came.size === 0 || nowMs - toldMs < pauseMs) return
      toldMs = nowMs
      const next = { ...arrivals() }
      for (const name of came) next[name] = (next[name] ?? 0) + 1
      came = new Set()
      setArrivals(next)
    }),
  )
  const connection = new TailConnection({
    clock: browserClock,
    jitter,
    open: (token, events) => {
      const params = new URLSearchParams({ project: project().id, kind: 'metrics' })
      if (token !== '') params.set('after', token)
      return openSocket(`/api/v1/tail?${params}`, events)
    },
    onFrame: receive,
    onStatus: () => {},
  })
  watch(
    () => wanted() && state().range.kind === 'relative',
    isWanted => {
      connection.stop()
      if (isWanted) connection.start('')
    },
  )
  onCleanup(() => connection.stop())
  return arrivals
}
