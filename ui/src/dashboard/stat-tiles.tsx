import { createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js'
import { alertsText } from '../alerts/alert-model.ts'
import type { ActiveAlert } from '../api/alerts.ts'
import { searchLogs } from '../api/logs.ts'
import { readSystemMetrics } from '../api/metrics.ts'
import { Spark } from '../charts/spark.tsx'
import { browserClock, every } from '../clock.ts'
import { beforeRequest } from '../explore/search-model.ts'
import { createAsked } from '../kit/asked.ts'
import { byteText } from '../kit/byte-text.ts'
import { changeText, countText, rateText } from '../kit/number-text.ts'
import { PageLink } from '../shell/page-link.tsx'
import { EXPLORE_PATH } from '../shell/pages.ts'
import { isAdministrator } from '../shell/session.ts'
import type { Dashboard } from './dashboard-session.ts'
import { errorRate, errorsOf, percentText } from './error-rate-model.ts'
import { forecastText, type Storage, storageOf } from './storage-model.ts'

/** Seconds of the stream that its sparks show. */
const STREAM_SECONDS = 90
const STORAGE_MS = 30_000

/** The numbers one looks at first. */
export function StatTiles(props: {
  readonly dashboard: Dashboard
  /** null = they could not be read. */
  readonly alerts: readonly ActiveAlert[] | null
}): JSX.Element {
  const { dashboard } = props
  const { view, scope } = dashboard
  const before = createBefore(dashboard)
  const stream = createStream(dashboard)
  const levels = createMemo(() => view().counts?.byLevel ?? {})
  const total = (): number => view().counts?.total ?? 0
  const rate = createMemo(() => {
    const { fromMs, toMs, searchedMs } = scope()
    return (total() * 1000) / Math.max(1000, (toMs ?? searchedMs) - fromMs)
  })
  return (
    <div class="tiles">
      <Tile
        name="Logs"
        value={countText(total())}
        note={changeNote(total(), before()?.total)}
        search={dashboard.searchOf({})}
      />
      <Tile
        name="Error rate"
        value={percentText(errorRate(levels()))}
        tone={errorRate(levels()) > 0.05 ? 'bad' : undefined}
        note={
          before() === null
            ? `${countText(errorsOf(levels()))} errors`
            : `${countText(errorsOf(levels()))} errors, ${percentText(before()?.errorRate ?? 0)} before`
        }
        search={dashboard.searchOf({ levels: ['ERROR', 'FATAL'] })}
      />
      <Tile
        name="Ingest rate"
        value={`${rateText(view().live === 'off' ? rate() : view().rowsPerSecond)}/s`}
        note={`${rateText(rate())}/s on average`}
        spark={stream().map(({ rowsPerSecond }) => rowsPerSecond)}
        search={dashboard.searchOf({})}
      />
      <Tile
        name="Lag"
        value={view().delayMs === null ? '–' : delayText(view().delayMs ?? 0)}
        note="from a log's own time to its receipt, median"
        spark={stream().map(({ delayMs }) => delayMs)}
        search={dashboard.searchOf({})}
      />
      <Show when={props.alerts}>
        {alerts => (
          <Tile
            name="Alerts"
            value={String(firing(alerts()))}
            tone={firing(alerts()) > 0 ? 'bad' : undefined}
            note={alertsText(alerts()) || 'nothing fires'}
          />
        )}
      </Show>
      <Show when={isAdministrator()}>
        <StorageTile dashboard={dashboard} rowsPerSecond={rate()} />
      </Show>
    </div>
  )
}

/** All of the installation: files are shared by its projects. */
function StorageTile(props: {
  readonly dashboard: Dashboard
  readonly rowsPerSecond: number
}): JSX.Element {
  const [storage, setStorage] = createSignal<Storage | null>(null)
  const abort = new AbortController()
  const read = (): void =>
    void readSystemMetrics(abort.signal).then(
      metrics => void setStorage(storageOf(metrics)),
      // The tile tells what was known last.
      () => {},
    )
  read()
  onCleanup(every(browserClock, STORAGE_MS, read))
  onCleanup(() => abort.abort())
  return (
    <Show when={storage()}>
      {known => (
        <Tile
          name="Storage"
          value={byteText(known().usedBytes)}
          note={`${forecastText(known(), {
            rowsPerSecond: props.rowsPerSecond,
            retentionDays: props.dashboard.project().retention_days,
          })}; ${byteText(known().freeBytes)} free`}
          share={known().usedBytes / Math.max(1, known().usedBytes + known().freeBytes)}
        />
      )}
    </Show>
  )
}

function Tile(props: {
  readonly name: string
  readonly value: string
  readonly note: string
  readonly tone?: 'bad' | undefined
  readonly spark?: readonly number[]
  /** Of something that has an end, 0 to 1. */
  readonly share?: number
  readonly search?: string
}): JSX.Element {
  return (
    <section class="tile" classList={{ 'tile-bad': props.tone === 'bad' }} aria-label={props.name}>
      <h2>
        <Show when={props.search} fallback={props.name}>
          {search => (
            <PageLink path={EXPLORE_PATH} search={search()} title="Open in Explore">
              {props.name}
            </PageLink>
          )}
        </Show>
      </h2>
      <p class="tile-value">{props.value}</p>
      <p class="tile-note">{props.note}</p>
      <Show when={props.spark}>{values => <Spark values={values()} />}</Show>
      <Show when={props.share}>
        {share => <span class="tile-share" style={{ '--share': share() }} aria-hidden="true" />}
      </Show>
    </section>
  )
}

interface Moment {
  readonly rowsPerSecond: number
  readonly delayMs: number
}

/** The stream second by second, as long as the page is open. */
function createStream({ view }: Dashboard): () => readonly Moment[] {
  const [moments, setMoments] = createSignal<readonly Moment[]>([])
  onCleanup(
    every(browserClock, 1000, () => {
      const { live, rowsPerSecond, delayMs } = view()
      if (live === 'off') return
      const moment = { rowsPerSecond, delayMs: delayMs ?? 0 }
      setMoments([...moments(), moment].slice(-STREAM_SECONDS))
    }),
  )
  return moments
}

/** The same numbers of the span right before. */
function createBefore({ scope }: Dashboard): () => { total: number; errorRate: number } | null {
  const question = createMemo(() => {
    const { request } = beforeRequest(scope())
    return { ...request, include: ['total', 'by_level'] as const }
  })
  const { answer } = createAsked(question, async (request, signal) => {
    const { total, aggregations } = await searchLogs(request, signal)
    return { total: total ?? 0, errorRate: errorRate(aggregations.by_level) }
  })
  return answer
}

function firing(alerts: readonly ActiveAlert[]): number {
  return alerts.filter(({ status }) => status === 'firing').length
}

function changeNote(now: number, before: number | undefined): string {
  if (before === undefined) return ''
  const change = changeText(now, before)
  if (change === '±0 %') return 'as many as in the time before'
  const isFirst = change === 'new' || change === ''
  return isFirst ? 'none in the time before' : `${change} against the time before`
}

function delayText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  return ms < 90_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}
