import { createMemo, type JSX, Show } from 'solid-js'
import { LEVELS, type Level, type Table } from '#proto/api.ts'
import { readPatterns } from '../api/facts.ts'
import { searchLogs } from '../api/logs.ts'
import { BarList } from '../charts/bar-list.tsx'
import { Histogram } from '../charts/histogram.tsx'
import { wholeBars } from '../charts/histogram-model.ts'
import { TimechartView } from '../charts/timechart.tsx'
import { facetValues } from '../explore/counts-model.ts'
import { scopeFilter } from '../explore/field-facts.ts'
import { fieldTerm } from '../explore/query-text-model.ts'
import { analysisRequest } from '../explore/search-model.ts'
import { movedOn, type ServiceLevels } from '../explore/stream-levels.ts'
import { createAsked } from '../kit/asked.ts'
import { countText } from '../kit/number-text.ts'
import { type Interval, resolveRange } from '../time/time-range-model.ts'
import type { Dashboard } from './dashboard-session.ts'
import { errorRate, errorRateChart, percentText } from './error-rate-model.ts'
import { createFreshScope } from './fresh-scope.ts'
import { Panel } from './panel.tsx'

const SERVICES_SHOWN = 8
const PATTERNS_SHOWN = 8

export interface PanelProps {
  readonly dashboard: Dashboard
  readonly nowMs: number
}

export function VolumePanel(props: PanelProps): JSX.Element {
  const { dashboard } = props
  const { state, view } = dashboard
  const interval = createInterval(props)
  return (
    <Panel
      class="panel-wide"
      title="Volume by level"
      note={<Show when={view().counts}>{counts => <b>{countText(counts().total)} logs</b>}</Show>}
      search={dashboard.searchOf({})}
      busy={view().loading}
      problem={view().error}
    >
      <Histogram
        bars={view().counts?.bars ?? []}
        barMs={view().counts?.barMs ?? 60_000}
        interval={interval()}
        zone={state().zone}
        onZoom={chosen => dashboard.look({ interval: chosen })}
      />
    </Panel>
  )
}

export function ErrorPanel(props: PanelProps): JSX.Element {
  const { dashboard } = props
  const { state, view } = dashboard
  const interval = createInterval(props)
  const errors = { levels: ['ERROR', 'FATAL'] } as const
  const chart = createMemo(() =>
    errorRateChart(view().counts?.bars ?? [], view().counts?.barMs ?? 60_000, interval()),
  )
  return (
    <Panel
      title="Errors over time"
      note={<b>{percentText(errorRate(view().counts?.byLevel ?? {}))}</b>}
      search={dashboard.searchOf(errors)}
      busy={view().loading}
    >
      <TimechartView
        chart={chart()}
        zone={state().zone}
        label="Errors as a share of all logs"
        height={196}
        numberText={percentText}
        onSelect={chosen => dashboard.look({ ...errors, interval: chosen })}
      />
    </Panel>
  )
}

/** Counts and levels move with the stream; every ten seconds they are counted anew. */
export function ServicesPanel(props: PanelProps): JSX.Element {
  const { dashboard } = props
  const { view, scope } = dashboard
  const { answer, problem } = createAsked(
    () => analysisRequest(scope(), '| count by service, level'),
    async (request, signal) => {
      const before = view().streamed
      const { table } = await searchLogs(request, signal)
      return { levels: levelsByService(table), before }
    },
  )
  const byLevel = createMemo((): ServiceLevels => {
    const counted = answer()
    return counted === null ? new Map() : movedOn(counted.levels, counted.before, view().streamed)
  })
  const items = createMemo(() =>
    facetValues(view().counts?.byService ?? {}, [])
      .slice(0, SERVICES_SHOWN)
      .map(({ value, count }) => {
        const levels = byLevel().get(value)
        return {
          name: value,
          count,
          ...(levels === undefined
            ? {}
            : { byLevel: levels, note: `${percentText(errorRate(levels))} errors` }),
        }
      }),
  )
  return (
    <Panel title="Services" busy={view().loading} problem={problem()}>
      <BarList
        label="Logs by service"
        empty="No logs in this range"
        items={items()}
        onChoose={service => dashboard.look({ services: [service] })}
      />
    </Panel>
  )
}

export function PatternsPanel(props: PanelProps): JSX.Element {
  const { dashboard } = props
  const { scope, paced } = createFreshScope(dashboard)
  const { answer, problem, busy } = createAsked(
    () => ({ ...scopeFilter(scope()), limit: PATTERNS_SHOWN }),
    paced(readPatterns),
  )
  const items = createMemo(() =>
    (answer()?.patterns ?? []).map(({ pattern, count, share, examples }) => ({
      name: pattern,
      count,
      note: percentText(share),
      level: examples[0]?.level,
    })),
  )
  const look = (pattern: string): void => {
    const found = answer()?.patterns.find(each => each.pattern === pattern)
    if (found !== undefined) dashboard.look({ terms: [fieldTerm('pattern_id', found.pattern_id)] })
  }
  return (
    <Panel
      title="Top patterns"
      note={<Show when={answer()}>{facts => <>{countText(facts().patterns_total)} in all</>}</Show>}
      search={dashboard.searchOf({ view: 'patterns' })}
      busy={busy()}
      problem={problem()}
    >
      <BarList
        label="Logs by pattern"
        empty={busy() ? 'Finding patterns…' : 'No logs in this range'}
        items={items()}
        isCode
        onChoose={look}
      />
    </Panel>
  )
}

/** The span of the charts, which moves on while it is live. */
function createInterval(props: PanelProps): () => Interval {
  const { state, view } = props.dashboard
  return createMemo(
    () => {
      const counts = view().counts
      const span = resolveRange(state().range, props.nowMs)
      return wholeBars(span, counts?.barMs ?? 60_000, counts?.bars[0]?.timeMs ?? 0)
    },
    { fromMs: 0, toMs: 1 },
    { equals: (a, b) => a.fromMs === b.fromMs && a.toMs === b.toMs },
  )
}

function levelsByService(table: Table | undefined): ServiceLevels {
  const services = new Map<string, Partial<Record<Level, number>>>()
  for (const [service, level, count] of table?.rows ?? []) {
    const known = LEVELS.find(each => each === level)
    if (known === undefined || typeof count !== 'number') continue
    const name = typeof service === 'string' ? service : ''
    services.set(name, { ...services.get(name), [known]: count })
  }
  return services
}
