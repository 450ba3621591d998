import { createMemo, createSignal, For, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { countText, shortCount } from '../kit/number-text.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
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
import type { Interval } from './time-range-model.ts'

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
  const [pointer, setPointer] = createSignal<number | null>(null)
  const [dragFrom, setDragFrom] = createSignal<number | null>(null)
  let root: HTMLDivElement | undefined

  const scale = createMemo<HistogramScale>(() => ({
    interval: props.interval,
    barMs: props.barMs,
    width: Math.max(1, width()),
    height: HEIGHT,
  }))
  const paths = createMemo(() => levelPaths(props.bars, scale()))
  const selected = createMemo<Interval | null>(() => {
    const at = pointer()
    return at === null ? null : brushed(dragFrom() ?? at, at, props.bars, scale())
  })
  onMount(() => {
    const observer = new ResizeObserver(([entry]) => {
      const wide = entry?.contentRect.width ?? 0
      setWidth(wide)
      if (wide > 0) props.onWidth(wide)
    })
    if (root !== undefined) observer.observe(root)
    onCleanup(() => observer.disconnect())
  })
  const xOf = (event: PointerEvent): number => {
    const left = root?.getBoundingClientRect().left ?? 0
    return Math.min(width(), Math.max(0, event.clientX - left))
  }
  const finish = (): void => {
    const interval = selected()
    if (dragFrom() !== null && interval !== null) props.onZoom(interval)
    setDragFrom(null)
  }
  const moveByKey = (event: KeyboardEvent): void => {
    const step = (props.barMs / (props.interval.toMs - props.interval.fromMs)) * width()
    const at = pointer() ?? width() / 2
    if (event.key === 'ArrowLeft') setPointer(Math.max(0, at - step))
    else if (event.key === 'ArrowRight') setPointer(Math.min(width() - 1, at + step))
    else if (event.key === 'Enter' && selected() !== null) props.onZoom(selected() as Interval)
    else if (event.key === 'Escape') setDragFrom(null)
    else return
    event.preventDefault()
  }

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
      aria-valuenow={Math.round(selected()?.fromMs ?? props.interval.fromMs)}
      aria-valuetext={selectionText(selected(), props)}
      onPointerMove={event => setPointer(xOf(event))}
      onPointerLeave={() => dragFrom() === null && setPointer(null)}
      onPointerDown={event => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setPointer(xOf(event))
        setDragFrom(xOf(event))
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDragFrom(null)}
      on:keydown={moveByKey}
      on:blur={() => setPointer(null)}
    >
      <svg class="histogram-bars" width={width()} height={HEIGHT} aria-hidden="true">
        <path class="histogram-base" d={`M0 ${HEIGHT - 0.5}H${width()}`} />
        <path class="histogram-grid" d={`M0 .5H${width()}M0 ${HEIGHT / 2}H${width()}`} />
        <Show when={selected()}>
          {interval => (
            <rect
              class="histogram-selection"
              classList={{ 'histogram-dragged': dragFrom() !== null }}
              x={toX(interval().fromMs, scale())}
              y={0}
              width={Math.max(1, toX(interval().toMs, scale()) - toX(interval().fromMs, scale()))}
              height={HEIGHT}
            />
          )}
        </Show>
        <For each={LEVELS}>
          {level => <path class={`fill-${level.toLowerCase()}`} d={paths()[level]} />}
        </For>
      </svg>
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
      <Show when={dragFrom() === null ? pointer() : null}>
        {at => <BarNote {...props} at={at()} scale={scale()} />}
      </Show>
    </div>
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
