import {
  type Accessor,
  createMemo,
  createSignal,
  For,
  type JSX,
  onCleanup,
  onMount,
  Show,
} from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { countText, shortCount } from '../kit/number-text.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'
import {
  type Bar,
  barStartAt,
  barTotal,
  brushed,
  type HistogramScale,
  levelPaths,
  maxTotal,
  timeTicks,
  toX,
} from './histogram-model.ts'

export interface HistogramProps {
  readonly bars: readonly Bar[]
  readonly barMs: number
  readonly interval: Interval
  readonly zone: Zone
  readonly onZoom: (interval: Interval) => void
  readonly onWidth: (width: number) => void
}

const HEIGHT = 88

/** Counts over time, stacked by level. Drag to zoom; arrow keys and Enter do the same. */
export function Histogram(props: HistogramProps): JSX.Element {
  const [width, setWidth] = createSignal(0)
  let root: HTMLDivElement | undefined
  const scale = createMemo<HistogramScale>(() => ({
    interval: props.interval,
    barMs: props.barMs,
    width: Math.max(1, width()),
    height: HEIGHT,
  }))
  const brush = createBrush(props, scale)
  onMount(() => {
    const observer = new ResizeObserver(([entry]) => {
      const wide = entry?.contentRect.width ?? 0
      setWidth(wide)
      if (wide > 0) props.onWidth(wide)
    })
    if (root !== undefined) observer.observe(root)
    onCleanup(() => observer.disconnect())
  })
  return (
    <div
      ref={element => {
        root = element
      }}
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
      <Bars {...props} scale={scale()} selected={brush.selected()} dragging={brush.dragging()} />
      <Show when={maxTotal(props.bars) > 0}>
        <span class="histogram-max">{shortCount(maxTotal(props.bars))}</span>
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

/** Where the pointer is and what a drag has selected; keys move the same mark. */
function createBrush(props: HistogramProps, scale: Accessor<HistogramScale>) {
  const [at, setAt] = createSignal<number | null>(null)
  const [dragFrom, setDragFrom] = createSignal<number | null>(null)
  const selected = createMemo<Interval | null>(() => {
    const x = at()
    return x === null ? null : brushed(dragFrom() ?? x, x, props.bars, scale())
  })
  const xOf = (event: PointerEvent & { readonly currentTarget: HTMLElement }): number => {
    const { left } = event.currentTarget.getBoundingClientRect()
    return Math.min(scale().width, Math.max(0, event.clientX - left))
  }
  const zoom = (): void => {
    const interval = selected()
    if (interval !== null) props.onZoom(interval)
  }
  return {
    at,
    selected,
    dragging: (): boolean => dragFrom() !== null,
    move: (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
      setAt(xOf(event))
    },
    leave: (): void => {
      if (dragFrom() === null) setAt(null)
    },
    begin: (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      setAt(xOf(event))
      setDragFrom(xOf(event))
    },
    finish: (): void => {
      if (dragFrom() !== null) zoom()
      setDragFrom(null)
    },
    cancel: (): void => {
      setDragFrom(null)
    },
    key: (event: KeyboardEvent): void => {
      const { interval, width } = scale()
      const step = (props.barMs / (interval.toMs - interval.fromMs)) * width
      const x = at() ?? width / 2
      if (event.key === 'ArrowLeft') setAt(Math.max(0, x - step))
      else if (event.key === 'ArrowRight') setAt(Math.min(width - 1, x + step))
      else if (event.key === 'Enter') zoom()
      else if (event.key === 'Escape' && dragFrom() !== null) setDragFrom(null)
      else return
      event.preventDefault()
    },
  }
}

function Bars(
  props: HistogramProps & {
    readonly scale: HistogramScale
    readonly selected: Interval | null
    readonly dragging: boolean
  },
): JSX.Element {
  const paths = createMemo(() => levelPaths(props.bars, props.scale))
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
  if (interval === null) return `${countText(props.bars.length)} bars`
  const inside = props.bars.filter(
    ({ timeMs }) => timeMs >= interval.fromMs && timeMs < interval.toMs,
  )
  const total = inside.reduce((sum, bar) => sum + barTotal(bar), 0)
  return `${clockText(interval.fromMs, props.zone).slice(0, 8)}: ${countText(total)} logs`
}
