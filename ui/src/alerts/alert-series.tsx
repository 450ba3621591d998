import { createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js'
import type { ActiveAlert, AlertSeries } from '../api/alerts.ts'
import { TimechartView } from '../charts/timechart.tsx'
import { browserClock } from '../clock.ts'
import { seriesCache, seriesChart } from './series-model.ts'

const HEIGHT = 56

/** How the value of an alert came about, asked for once somebody sees its place. */
export function AlertSeriesChart(props: {
  readonly projectId: string
  readonly alert: ActiveAlert
}): JSX.Element {
  const [series, setSeries] = createSignal<AlertSeries | null>(
    seriesCache.known(props.projectId, props.alert.id),
  )
  const chart = createMemo(() => {
    const known = series()
    return known === null ? null : seriesChart(known)
  })
  const levels = () => {
    const threshold = series()?.threshold ?? null
    return threshold === null ? [] : [{ name: 'fires', value: threshold }]
  }
  /** Its place is kept free until it is known that nothing comes. */
  const [isNone, setNone] = createSignal(false)
  let isGone = false
  const seen = new IntersectionObserver(entries => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    seen.disconnect()
    const asked = seriesCache.asked(props.projectId, props.alert.id, browserClock.nowMs())
    void asked.then(found => {
      if (isGone) return
      if (found !== null) setSeries(found)
      setNone(chart() === null)
    })
  })
  onCleanup(() => {
    isGone = true
    seen.disconnect()
  })
  return (
    <div class="alert-series" classList={{ none: isNone() }} ref={place => seen.observe(place)}>
      <Show when={chart()}>
        {found => (
          <TimechartView
            chart={found()}
            zone="local"
            label={`${found().measure} of late`}
            height={HEIGHT}
            levels={levels()}
          />
        )}
      </Show>
    </div>
  )
}
