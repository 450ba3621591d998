import { createMemo, createSignal, For, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { numberText } from '../kit/number-text.ts'
import type { Zone } from '../kit/wall-time.ts'
import { timeTicks } from './histogram-model.ts'
import { seriesPaths, type Timechart } from './timechart-model.ts'

const HEIGHT = 140

/** A number over time, one colour for each group. */
export function TimechartView(props: {
  readonly chart: Timechart
  readonly zone: Zone
}): JSX.Element {
  const [width, setWidth] = createSignal(0)
  let root: HTMLDivElement | undefined
  onMount(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0))
    if (root !== undefined) observer.observe(root)
    onCleanup(() => observer.disconnect())
  })
  const size = createMemo(() => ({ width: Math.max(1, width()), height: HEIGHT }))
  const paths = createMemo(() => seriesPaths(props.chart, size()))
  const ticks = createMemo(() => {
    const { interval, barMs } = props.chart
    return timeTicks({ interval, barMs, ...size() }, props.zone)
  })
  return (
    <figure class="timechart">
      <div
        class="timechart-plot"
        role="img"
        aria-label={`${props.chart.measure} over time`}
        ref={element => {
          root = element
        }}
      >
        <svg class="timechart-svg" width={size().width} height={HEIGHT} aria-hidden="true">
          <path class="histogram-base" d={`M0 ${HEIGHT - 0.5}H${size().width}`} />
          <path
            class="histogram-grid"
            d={`M0 .5H${size().width}M0 ${HEIGHT / 2}H${size().width}`}
          />
          <For each={paths()}>
            {(path, index) => (
              <path
                class={seriesClass(props.chart.series[index()]?.name ?? '', index())}
                classList={{ 'series-line': !props.chart.isStacked }}
                d={path}
              />
            )}
          </For>
        </svg>
        <Show when={props.chart.max > 0}>
          <span class="histogram-max">{numberText(props.chart.max)}</span>
        </Show>
        <For each={ticks()}>
          {tick => (
            <span class="histogram-tick" style={{ '--x': `${tick.x}px` }}>
              {tick.label}
            </span>
          )}
        </For>
      </div>
      <figcaption class="timechart-legend">
        <For each={props.chart.series}>
          {(series, index) => (
            <span>
              <span class={`dot ${seriesClass(series.name, index())}`} />
              {series.name === '' ? props.chart.measure : series.name}
            </span>
          )}
        </For>
        <Show when={props.chart.left > 0}>
          <span class="faint">and {props.chart.left} more in the table</span>
        </Show>
      </figcaption>
    </figure>
  )
}

/** Levels keep the colours that they have everywhere. */
function seriesClass(name: string, index: number): string {
  const level = LEVELS.find(known => known === name)
  return level === undefined ? `series-${index}` : `series-${level.toLowerCase()}`
}
