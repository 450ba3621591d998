import { createMemo, For, type JSX, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { countOf, countText, shortCount } from '../kit/number-text.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'
import { createBrush, createWidth } from './brush.ts'
import {
  type Bar,
  barStartAt,
  barTotal,
  type HistogramScale,
  levelPaths,
  maxTotal,
  outlinePath,
  timeTicks,
  toX,
} from './histogram-model.ts'

export interface HistogramProps {
  readonly bars: readonly Bar[]
  readonly barMs: number
  readonly interval: Interval
  readonly zone: Zone
  readonly onZoom: (interval: Interval) => void
  readonly onWidth?: (width: number) => void
  /** Bars of the time before, moved under these; drawn as a line behind them. */
  readonly before?: readonly Bar[] | null
}

const HEIGHT = 88

/** Counts over time, stacked by level. Drag to zoom; arrow keys and Enter do the same. */
export function Histogram(props: HistogramProps): JSX.Element {
  const [width, attach] = createWidth(props.onWidth)
  const scale = createMemo<HistogramScale>(() => ({
    interval: props.interval,
    barMs: props.barMs,
    width: Math.max(1, width()),
    height: HEIGHT,
  }))
  const brush = createBrush({ scale, bars: () => props.bars, onSelect: props.onZoom })
  const max = createMemo(() => Math.max(maxTotal(props.bars), maxTotal(props.before ?? [])))
  return (
    <div
      ref={attach}
      class="histogram"
      role="slider"
      tabIndex={0}
      aria-label="Logs over time. Arrow keys move, Enter zooms in."
      aria-valuemin={props.interval.fromMs}
      aria-valuemax={props.interval.toMs}
      aria-valuenow={Math.round(brush.selected()?.fromMs ?? props.interval.fromMs)}
      aria-valuetext={selectionText(brush.selected(), props)}
      onPointerMove={brush.move}
      onPointerLeave={brush.leave}
      onPointerDown={brush.begin}
      onPointerUp={brush.finish}
      onPointerCancel={brush.cancel}
      on:keydown={brush.key}
      on:blur={brush.leave}
    >
      <Bars
        {...props}
        max={max()}
        scale={scale()}
        selected={brush.selected()}
        dragging={brush.dragging()}
      />
      <Show when={max() > 0}>
        <span class="histogram-max">{shortCount(max())}</span>
      </Show>
      <For each={timeTicks(scale(), props.zone)}>
        {tick => (
          <span class="histogram-tick" style={{ '--x': `${tick.x}px` }}>
            {tick.label}
          </span>
        )}
      </For>
      <Show when={brush.dragging() ? null : brush.at()}>
        {at => <BarNote {...props} at={at()} scale={scale()} />}
      </Show>
    </div>
  )
}

function Bars(
  props: HistogramProps & {
    readonly max: number
    readonly scale: HistogramScale
    readonly selected: Interval | null
    readonly dragging: boolean
  },
): JSX.Element {
  const paths = createMemo(() => levelPaths(props.bars, props.scale, props.max))
  return (
    <svg class="histogram-bars" width={props.scale.width} height={HEIGHT} aria-hidden="true">
      <path class="histogram-base" d={`M0 ${HEIGHT - 0.5}H${props.scale.width}`} />
      <path
        class="histogram-grid"
        d={`M0 .5H${props.scale.width}M0 ${HEIGHT / 2}H${props.scale.width}`}
      />
      <Show when={props.selected}>
        {interval => (
          <rect
            class="histogram-selection"
            classList={{ 'histogram-dragged': props.dragging }}
            x={toX(interval().fromMs, props.scale)}
            y={0}
            width={Math.max(
              1,
              toX(interval().toMs, props.scale) - toX(interval().fromMs, props.scale),
            )}
            height={HEIGHT}
          />
        )}
      </Show>
      <For each={LEVELS}>
        {level => <path class={`fill-${level.toLowerCase()}`} d={paths()[level]} />}
      </For>
      <Show when={props.before}>
        {before => (
          <path class="histogram-before" d={outlinePath(before(), props.scale, props.max)} />
        )}
      </Show>
    </svg>
  )
}

/** Time and counts of the bar under the pointer. */
function BarNote(props: HistogramProps & { at: number; scale: HistogramScale }): JSX.Element {
  const start = createMemo(() => barStartAt(props.at, props.bars, props.scale))
  const bar = createMemo<Bar>(
    () => props.bars.find(({ timeMs }) => timeMs === start()) ?? { timeMs: start(), counts: {} },
  )
  return (
    <div
      class="bar-note"
      classList={{ 'bar-note-left': props.at > props.scale.width - 190 }}
      style={{ '--x': `${props.at}px` }}
    >
      <div class="bar-note-time">
        {dayText(start(), props.zone)} {clockText(start(), props.zone).slice(0, 8)}
      </div>
      <For each={LEVELS.filter(level => (bar().counts[level] ?? 0) > 0).reverse()}>
        {level => (
          <div class="bar-note-row">
            <span class={`dot dot-${level.toLowerCase()}`} />
            <span>{level}</span>
            <span class="number">{countText(bar().counts[level] ?? 0)}</span>
          </div>
        )}
      </For>
      <Show when={barTotal(bar()) === 0}>
        <div class="faint">no logs</div>
      </Show>
    </div>
  )
}

function selectionText(interval: Interval | null, props: HistogramProps): string {
  if (interval === null) return countOf(props.bars.length, 'bar')
  const inside = props.bars.filter(
    ({ timeMs }) => timeMs >= interval.fromMs && timeMs < interval.toMs,
  )
  const total = inside.reduce((sum, bar) => sum + barTotal(bar), 0)
  return `${clockText(interval.fromMs, props.zone).slice(0, 8)}: ${countOf(total, 'log')}`
}
