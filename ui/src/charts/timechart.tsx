import { createMemo, For, type JSX, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { numberText } from '../kit/number-text.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'
import { createBrush, createWidth } from './brush.ts'
import { barStartAt, type HistogramScale, timeTicks, toX } from './histogram-model.ts'
import { seriesPaths, type Timechart, valueY } from './timechart-model.ts'

export interface TimechartProps {
  readonly chart: Timechart
  readonly zone: Zone
  readonly label?: string
  readonly height?: number
  readonly numberText?: (value: number) => string
  /** Lines across at some values. */
  readonly levels?: readonly ChartLevel[]
  /** Spans that stand out. */
  readonly spans?: readonly Interval[]
  /** Some bars, by drag, click or keys. */
  readonly onSelect?: (interval: Interval) => void
}

export interface ChartLevel {
  readonly name: string
  readonly value: number
}

const HEIGHT = 140
const TICKS_HEIGHT = 18

/** A number over time, one colour for each group. */
export function TimechartView(props: TimechartProps): JSX.Element {
  const [width, attach] = createWidth()
  const height = (): number => props.height ?? HEIGHT
  const text = (value: number): string => (props.numberText ?? numberText)(value)
  const scale = createMemo<HistogramScale>(() => ({
    interval: props.chart.interval,
    barMs: props.chart.barMs,
    width: Math.max(1, width()),
    height: height(),
  }))
  // Bars of a chart begin where its span begins.
  const grid = createMemo(() => [{ timeMs: props.chart.interval.fromMs, counts: {} }])
  const brush = createBrush({
    scale,
    bars: grid,
    onSelect: interval => props.onSelect?.(interval),
  })
  const paths = createMemo(() => seriesPaths(props.chart, scale()))
  const label = (): string => props.label ?? `${props.chart.measure} over time`
  return (
    <figure class="timechart">
      <div
        class="timechart-plot"
        style={{ '--plot-height': `${height() + TICKS_HEIGHT}px` }}
        role={props.onSelect === undefined ? 'img' : 'slider'}
        tabIndex={props.onSelect === undefined ? undefined : 0}
        aria-label={
          props.onSelect === undefined ? label() : `${label()}. Arrow keys move, Enter opens.`
        }
        aria-valuemin={props.onSelect && props.chart.interval.fromMs}
        aria-valuemax={props.onSelect && props.chart.interval.toMs}
        aria-valuenow={
          props.onSelect && Math.round(brush.selected()?.fromMs ?? props.chart.interval.fromMs)
        }
        aria-valuetext={
          props.onSelect && momentsText(brush.selected() ?? props.chart.interval, props.zone)
        }
        ref={attach}
        onPointerMove={brush.move}
        onPointerLeave={brush.leave}
        onPointerDown={event => props.onSelect !== undefined && brush.begin(event)}
        onPointerUp={brush.finish}
        onPointerCancel={brush.cancel}
        on:keydown={event => props.onSelect !== undefined && brush.key(event)}
        on:blur={brush.leave}
      >
        <svg class="timechart-svg" width={scale().width} height={height()} aria-hidden="true">
          <path class="histogram-base" d={`M0 ${height() - 0.5}H${scale().width}`} />
          <path
            class="histogram-grid"
            d={`M0 .5H${scale().width}M0 ${height() / 2}H${scale().width}`}
          />
          <For each={props.spans ?? []}>
            {({ fromMs, toMs }) => (
              <rect
                class="timechart-span"
                x={toX(fromMs, scale())}
                width={Math.max(2, toX(toMs, scale()) - toX(fromMs, scale()))}
                height={height()}
              />
            )}
          </For>
          <Show when={brush.selected()}>
            {interval => (
              <rect
                class="histogram-selection"
                classList={{ 'histogram-dragged': brush.dragging() }}
                x={toX(interval().fromMs, scale())}
                y={0}
                width={Math.max(1, toX(interval().toMs, scale()) - toX(interval().fromMs, scale()))}
                height={height()}
              />
            )}
          </Show>
          <For each={paths()}>
            {(path, index) => (
              <path
                class={seriesClass(props.chart.series[index()]?.name ?? '', index())}
                classList={{ 'series-line': !props.chart.isStacked }}
                d={path}
              />
            )}
          </For>
          <For each={props.levels ?? []}>
            {({ value }) => (
              <path
                class="timechart-level"
                d={`M0 ${valueY(props.chart, height(), value)}H${scale().width}`}
              />
            )}
          </For>
        </svg>
        <For each={props.levels ?? []}>
          {({ name, value }) => (
            <span
              class="timechart-level-name"
              style={{ '--y': `${valueY(props.chart, height(), value)}px` }}
            >
              {name} {text(value)}
            </span>
          )}
        </For>
        <Show when={props.chart.max > 0}>
          <span class="histogram-max">{text(props.chart.max)}</span>
        </Show>
        <For each={timeTicks(scale(), props.zone)}>
          {tick => (
            <span class="histogram-tick" style={{ '--x': `${tick.x}px` }}>
              {tick.label}
            </span>
          )}
        </For>
        <Show when={brush.dragging() ? null : brush.at()}>
          {at => <ValueNote {...props} at={at()} scale={scale()} text={text} />}
        </Show>
      </div>
      <Legend chart={props.chart} />
    </figure>
  )
}

function Legend(props: { readonly chart: Timechart }): JSX.Element {
  const isPlain = (): boolean => props.chart.series.length === 1 && props.chart.left === 0
  return (
    <Show when={!isPlain()}>
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
    </Show>
  )
}

/** Time and values under the pointer. */
function ValueNote(
  props: TimechartProps & {
    readonly at: number
    readonly scale: HistogramScale
    readonly text: (value: number) => string
  },
): JSX.Element {
  const start = createMemo(() =>
    barStartAt(props.at, [{ timeMs: props.chart.interval.fromMs, counts: {} }], props.scale),
  )
  return (
    <div
      class="bar-note"
      classList={{ 'bar-note-left': props.at > props.scale.width / 2 }}
      style={{ '--x': `${props.at}px` }}
    >
      <div class="bar-note-time">
        {dayText(start(), props.zone)} {clockText(start(), props.zone).slice(0, 8)}
      </div>
      <For each={props.chart.series}>
        {(series, index) => (
          <Show when={series.values.get(start())}>
            {value => (
              <div class="bar-note-row">
                <span class={`dot ${seriesClass(series.name, index())}`} />
                <span>{series.name === '' ? props.chart.measure : series.name}</span>
                <span class="number">{props.text(value())}</span>
              </div>
            )}
          </Show>
        )}
      </For>
    </div>
  )
}

function momentsText({ fromMs, toMs }: Interval, zone: Zone): string {
  return `${clockText(fromMs, zone).slice(0, 8)} to ${clockText(toMs, zone).slice(0, 8)}`
}

/** Levels keep the colours that they have everywhere. */
function seriesClass(name: string, index: number): string {
  const level = LEVELS.find(known => known === name)
  return level === undefined ? `series-${index}` : `series-${level.toLowerCase()}`
}
